<?php
namespace FreePBX\modules\Pbxsync;

/** Watches one execution of a job until every target has ended, also through another attempt and a restart of the web admin. */
final class Following {
	/** Half a second each: a quarter of an hour in all, half a minute of silence, ten seconds for another attempt to appear. */
	private const PAUSE_MICROSECONDS = 500000;
	private const ROUNDS = 1800;
	private const SILENT_ROUNDS = 60;
	private const LATER_ROUNDS = 20;
	/** What the other side answers to by a new plan; see pbxsync_worker/core/model/attempts.py. */
	private const TRIED_AGAIN = ['source-changed', 'target-changed'];

	private Client $client;
	private \Closure $say;
	private \Closure $pause;
	private int $silent = 0;
	private int $still = 0;
	/** @var array<string, string> run => the state that was said last */
	private array $said = [];

	/**
	 * @param \Closure $say called with each run whose state has changed
	 * @param \Closure|null $pause called with microseconds between two looks, for tests
	 */
	public function __construct(Client $client, \Closure $say, ?\Closure $pause = null) {
		$this->client = $client;
		$this->say = $say;
		$this->pause = $pause ?? \Closure::fromCallable('usleep');
	}

	/**
	 * Return the last run of each target, or null where some still go on after a quarter of an hour.
	 *
	 * @return array<int, array<string, mixed>>|null
	 * @throws Unavailable where nobody answers for half a minute
	 */
	public function toTheEnd(string $rollout): ?array {
		for ($round = 0; $round < self::ROUNDS; $round++) {
			$last = $this->lastOfEach($this->look($rollout));
			if ($this->hasEnded($last)) {
				return array_values($last);
			}
			($this->pause)(self::PAUSE_MICROSECONDS);
		}
		return null;
	}

	/** @return array<int, array<string, mixed>> none where nobody answers for a moment */
	private function look(string $rollout): array {
		try {
			$runs = $this->client->rollout($rollout);
			$this->silent = 0;
			return $runs;
		} catch (Unavailable $error) {
			if (++$this->silent > self::SILENT_ROUNDS) {
				throw $error;
			}
			return [];
		}
	}

	/**
	 * @param array<int, array<string, mixed>> $runs
	 * @return array<string, array<string, mixed>> target => its last attempt
	 */
	private function lastOfEach(array $runs): array {
		$last = [];
		foreach ($runs as $run) {
			if (($this->said[$run['id']] ?? '') !== $run['state']) {
				$this->said[$run['id']] = $run['state'];
				$this->still = 0;
				($this->say)($run);
			}
			$last[$run['target']] = $run;
		}
		return $last;
	}

	/** @param array<string, array<string, mixed>> $last */
	private function hasEnded(array $last): bool {
		if ($last === [] || in_array(false, array_column($last, 'ended'), true)) {
			return false;
		}
		$again = array_intersect(array_column($last, 'error'), self::TRIED_AGAIN);
		return $again === [] || ++$this->still > self::LATER_ROUNDS;
	}
}
