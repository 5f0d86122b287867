<?php
namespace FreePBX\modules\Pbxsync;

/**
 * Says to the web admin of PBXSync who somebody is, for half a minute and once.
 *
 * `payload.signature`: JSON in URL-safe base64, and HMAC-SHA256 (hex) over a prefix and that text, with the key that
 * this panel and the web admin share. The other side: pbxsync_web/ticket.py.
 */
final class Ticket {
	const SECTIONS = ['*', 'pbxsync_admin', 'pbxsync_operate', 'pbxsync'];
	const PANEL = 'panel';
	const API = 'api';
	private const PREFIX = "pbxsync ticket 1\n";
	private const SECONDS = 20;
	private const SHORTEST_KEY = 32;

	private string $keyFile;

	public function __construct(string $keyFile) {
		$this->keyFile = $keyFile;
	}

	/**
	 * Return a new ticket.
	 *
	 * @param string $use PANEL or API
	 * @param string $user the name of somebody of this PBX
	 * @param string[] $sections those of SECTIONS that this user may see
	 * @throws Unavailable where there is no key
	 */
	public function mint(string $use, string $user, array $sections, string $language = ''): string {
		$now = time();
		$payload = self::encode([
			'iss' => 'freepbx',
			'aud' => $use,
			'sub' => $user,
			'sections' => array_values(array_intersect(self::SECTIONS, $sections)),
			'iat' => $now,
			'exp' => $now + self::SECONDS,
			'jti' => bin2hex(random_bytes(16)),
			'lang' => $language,
		]);
		return $payload . '.' . hash_hmac('sha256', self::PREFIX . $payload, $this->key());
	}

	/** @param array<string, mixed> $values */
	private static function encode(array $values): string {
		$json = json_encode($values, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE);
		return rtrim(strtr(base64_encode($json), '+/', '-_'), '=');
	}

	private function key(): string {
		$key = is_readable($this->keyFile) ? trim((string) file_get_contents($this->keyFile)) : '';
		if (strlen($key) < self::SHORTEST_KEY) {
			throw new Unavailable(sprintf(_('The key %s cannot be read by the PBX'), $this->keyFile));
		}
		return $key;
	}
}
