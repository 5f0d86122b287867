<?php
namespace FreePBX\modules\Pbxsync;

/** What the dashboard of this PBX should say, from the status that PBXSync tells. */
final class Notices {
	private const PAGE = 'config.php?display=pbxsync';
	private const LONGEST = 255;

	/**
	 * Return the notices: id (at most 24 letters) => [level, text, details, link].
	 *
	 * @param array<string, mixed> $status
	 * @return array<string, array{string, string, string, string}>
	 */
	public static function of(array $status): array {
		$found = [];
		foreach ($status['jobs'] ?? [] as $job) {
			$state = (string) ($job['state'] ?? '');
			$title = (string) ($job['title'] ?? '');
			$id = substr('run-' . hash('sha256', ($job['group'] ?? '') . '/' . ($job['name'] ?? '')), 0, 24);
			$why = (string) ($job['sentence'] ?? '');
			if ($state === 'HELD') {
				$found[$id] = self::notice('warning', sprintf(_('PBXSync: %s waits for approval'), $title), $why);
			} elseif ($state === 'FAILED') {
				$found[$id] = self::notice('error', sprintf(_('PBXSync: %s has failed, nothing was changed'), $title), $why);
			} elseif ($state === 'ROLLED_BACK') {
				$found[$id] = self::notice('error', sprintf(_('PBXSync: %s was undone'), $title), $why);
			}
		}
		return $found;
	}

	/**
	 * Return the single notice of a PBXSync that does not answer.
	 *
	 * @return array<string, array{string, string, string, string}>
	 */
	public static function silent(string $why): array {
		$text = _('PBXSync does not run on this PBX');
		return ['silent' => self::notice('warning', $text, $why . ' ' . _('Start it with: systemctl start pbxsync'))];
	}

	/**
	 * Return the single notice of a restore that PBXSync could not be told of yet.
	 *
	 * @return array<string, array{string, string, string, string}>
	 */
	public static function untold(): array {
		$details = _('It is told within a minute while it runs, and then pauses the jobs of this host until somebody has looked.');
		return ['untold' => self::notice('warning', _('PBXSync does not know yet that this PBX was restored from a backup'), $details)];
	}

	/**
	 * The dashboard prints both texts as HTML, and its table keeps 255 letters of the first.
	 *
	 * @return array{string, string, string, string}
	 */
	private static function notice(string $level, string $text, string $details): array {
		for ($length = self::LONGEST; mb_strlen(htmlspecialchars(mb_substr($text, 0, $length))) > self::LONGEST; $length -= 8);
		return [$level, htmlspecialchars(mb_substr($text, 0, $length)), htmlspecialchars($details), self::PAGE];
	}
}
