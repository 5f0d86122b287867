<?php
namespace FreePBX\modules\Pbxsync;

/** PBXSync answered, and does not do it; the message is its own sentence. */
final class Refused extends \RuntimeException {
	public string $remedy;

	public function __construct(string $sentence, string $remedy, int $status) {
		parent::__construct($sentence, $status);
		$this->remedy = $remedy;
	}

	/** Return what happened and what to do, as two sentences. */
	public function whole(): string {
		return $this->remedy === '' ? $this->getMessage() : rtrim($this->getMessage(), '.') . '. ' . $this->remedy;
	}
}
