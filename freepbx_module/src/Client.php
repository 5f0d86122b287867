<?php
namespace FreePBX\modules\Pbxsync;

/** The only class that talks to PBXSync: JSON over one line, each request with a ticket of its own. */
final class Client {
	private const BASE = '/api/v1';

	private Line $line;
	private Ticket $ticket;
	private string $user;
	/** @var string[] */
	private array $sections;

	/** @param string[] $sections what the user of this PBX may see, of Ticket::SECTIONS */
	public function __construct(Line $line, Ticket $ticket, string $user, array $sections) {
		$this->line = $line;
		$this->ticket = $ticket;
		$this->user = $user;
		$this->sections = $sections;
	}

	/** Return where the web admin is there; throws Unavailable where it is not. */
	public function health(): void {
		$this->ask('GET', '/health');
	}

	/**
	 * Return how this host and its jobs are.
	 *
	 * @return array<string, mixed>
	 */
	public function status(): array {
		return $this->ask('GET', '/status');
	}

	/**
	 * Ask for a look at everything that this host needs; return the wish.
	 *
	 * @return array<string, mixed>
	 */
	public function look(): array {
		return $this->ask('POST', '/doctor');
	}

	/**
	 * Return how far a wish is.
	 *
	 * @return array<string, mixed>
	 */
	public function wish(string $id): array {
		return $this->ask('GET', '/wishes/' . rawurlencode($id));
	}

	/**
	 * Return what was found at the last look.
	 *
	 * @return array<string, mixed>
	 */
	public function doctor(): array {
		return $this->ask('GET', '/doctor');
	}

	/**
	 * Start a job, or plan what it would do; mode: "apply" or "plan".
	 *
	 * @return array<string, mixed>
	 */
	public function start(string $group, string $job, string $mode): array {
		$path = sprintf('/groups/%s/jobs/%s/runs', rawurlencode($group), rawurlencode($job));
		return $this->ask('POST', $path, ['mode' => $mode]);
	}

	/**
	 * Return how far a run is.
	 *
	 * @return array<string, mixed>
	 */
	public function run(string $id): array {
		return $this->ask('GET', '/runs/' . rawurlencode($id));
	}

	/**
	 * Return the runs of one execution of a job; the attempts on one target one after the other.
	 *
	 * @return array<int, array<string, mixed>>
	 */
	public function rollout(string $id): array {
		return $this->ask('GET', '/rollouts/' . rawurlencode($id));
	}

	/**
	 * Return to the state before a run, or plan it; mode: "apply" or "plan".
	 *
	 * @return array<string, mixed>
	 */
	public function rollBack(string $run, string $mode): array {
		return $this->ask('POST', '/runs/' . rawurlencode($run) . '/rollback', ['side' => 'before', 'mode' => $mode]);
	}

	/** Say that something happened on this PBX: "apply-config" or "restore". Never waits, never fails. */
	public function tell(string $what): bool {
		try {
			$ticket = $this->ticket->mint(Ticket::API, $this->user, $this->sections);
			return $this->line->drop(self::BASE . '/events', ['what' => $what], $ticket);
		} catch (\Throwable $_error) {
			return false;
		}
	}

	/**
	 * @param array<string, mixed>|null $body
	 * @return array<string, mixed>
	 */
	private function ask(string $method, string $path, ?array $body = null): array {
		$ticket = $this->ticket->mint(Ticket::API, $this->user, $this->sections);
		[$status, $text] = $this->line->send($method, self::BASE . $path, $body, $ticket);
		$answer = json_decode($text, true);
		if (!is_array($answer)) {
			throw new Unavailable(sprintf(_('PBXSync gave no answer that makes sense (%s)'), $status));
		}
		if ($status >= 400) {
			$sentence = (string) ($answer['sentence'] ?? $answer['error'] ?? $status);
			throw new Refused($sentence, (string) ($answer['remedy'] ?? ''), $status);
		}
		return $answer;
	}
}
