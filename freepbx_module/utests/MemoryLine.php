<?php
namespace FreePBX\modules\Pbxsync;

/** A line that answers what it was told to, and remembers what was asked. */
final class MemoryLine implements Line {
	/** @var array<string, array{int, string}> */
	public array $answers;
	/** @var array<int, array{string, string, array<string, mixed>|null, string}> */
	public array $asked = [];
	public bool $silent = false;
	/** @var array<string, array<int, array{int, string}|null>> "METHOD /path" => answers in their order, before $answers; null is silence */
	public array $first = [];

	/** @param array<string, array{int, string}> $answers "METHOD /path" => status and body */
	public function __construct(array $answers = []) {
		$this->answers = $answers;
	}

	public function send(string $method, string $path, ?array $body, string $ticket): array {
		$this->asked[] = [$method, $path, $body, $ticket];
		if ($this->silent) {
			throw new Unavailable('nobody is there');
		}
		if (($this->first["$method $path"] ?? []) !== []) {
			return array_shift($this->first["$method $path"]) ?? throw new Unavailable('nobody is there for a moment');
		}
		return $this->answers["$method $path"] ?? [404, '{"error": "not-found", "sentence": "There is no such thing"}'];
	}

	public function drop(string $path, array $body, string $ticket): bool {
		$this->asked[] = ['DROP', $path, $body, $ticket];
		return !$this->silent;
	}
}
