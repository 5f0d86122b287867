<?php
namespace FreePBX\modules\Pbxsync;

/** What the dashboard of this PBX should say, from the status that PBXSync tells. */
final class Notices {
	private const PAGE = 'config.php?display=pbxsync';

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
				$found[$id] = ['warning', sprintf(_('PBXSync: %s waits for approval'), $title), $why, self::PAGE];
			} elseif ($state === 'FAILED') {
				$found[$id] = ['error', sprintf(_('PBXSync: %s has failed, nothing was changed'), $title), $why, self::PAGE];
			} elseif ($state === 'ROLLED_BACK') {
				$found[$id] = ['error', sprintf(_('PBXSync: %s was undone'), $title), $why, self::PAGE];
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
		return ['silent' => ['warning', $text, $why . ' ' . _('Start it with: systemctl start pbxsync'), self::PAGE]];
	}
}
