<?php
namespace FreePBX\modules\Pbxsync;

/** The way to the web admin of PBXSync; tests have one of their own. */
interface Line {
	/**
	 * Send one request and return its answer.
	 *
	 * @param array<string, mixed>|null $body sent as JSON
	 * @return array{int, string} HTTP status and body
	 * @throws Unavailable where nobody answers in time
	 */
	public function send(string $method, string $path, ?array $body, string $ticket): array;

	/**
	 * Say something without waiting for an answer; at most a fifth of a second, and never an exception.
	 *
	 * @param array<string, mixed> $body sent as JSON
	 */
	public function drop(string $path, array $body, string $ticket): bool;
}
