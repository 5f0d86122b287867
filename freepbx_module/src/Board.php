<?php
namespace FreePBX\modules\Pbxsync;

/** The notices of one module on the dashboard of FreePBX; each is [level, text, details, link]. */
final class Board {
	private object $notifications;
	private string $module;

	public function __construct(object $notifications, string $module) {
		$this->notifications = $notifications;
		$this->module = $module;
	}

	/** @return array<string, string> id => text */
	public function shown(): array {
		$ours = array_filter($this->notifications->list_all(true, false), fn (array $one): bool => $one['module'] === $this->module);
		return array_column($ours, 'display_text', 'id');
	}

	/**
	 * Make these the only ones; one that is there already stays as it is.
	 *
	 * @param array<string, array{string, string, string, string}> $wanted
	 */
	public function show(array $wanted): void {
		$shown = $this->shown();
		foreach (array_keys(array_diff_key($shown, $wanted)) as $id) {
			$this->notifications->delete($this->module, $id);
		}
		$this->add(array_filter($wanted, fn (array $one, string $id): bool => ($shown[$id] ?? null) !== $one[1], ARRAY_FILTER_USE_BOTH));
	}

	/** @param array<string, array{string, string, string, string}> $new */
	public function add(array $new): void {
		foreach ($new as $id => [$level, $text, $details, $link]) {
			$add = "add_$level";
			$this->notifications->$add($this->module, $id, $text, $details, $link);
		}
	}
}
