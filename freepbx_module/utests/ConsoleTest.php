<?php
use FreePBX\Console\Command\Pbxsync;
use FreePBX\modules\Pbxsync\Client;
use FreePBX\modules\Pbxsync\MemoryLine;
use FreePBX\modules\Pbxsync\Ticket;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

final class ConsoleTest extends TestCase implements InputInterface, OutputInterface {
	private string $key;
	private MemoryLine $line;
	/** @var array<string, mixed> */
	private array $words = [];
	private string $printed = '';
	private int $pauses = 0;

	protected function setUp(): void {
		$this->key = (string) tempnam(sys_get_temp_dir(), 'key');
		file_put_contents($this->key, str_repeat('k', 32));
		$this->line = new MemoryLine();
	}

	protected function tearDown(): void {
		unlink($this->key);
	}

	public function getArgument(string $name) {
		return $this->words[$name] ?? null;
	}

	public function getOption(string $name) {
		return $this->words["--$name"] ?? false;
	}

	public function writeln($text, $options = 0) {
		$this->printed .= ($options === OutputInterface::OUTPUT_RAW ? $text : strip_tags(str_replace('\\<', '&lt;', $text))) . "\n";
	}

	/** @param array<string, mixed> $more */
	private function call(string $what, string $which = '', array $more = []): int {
		$this->words = ['what' => $what, 'which' => $which] + $more;
		return (new Pbxsync(new Client($this->line, new Ticket($this->key), 'system', ['*']), function (): void {
			$this->pauses++;
		}))->run($this, $this);
	}

	public function testStatusListsTheJobs(): void {
		$this->line->answers['GET /api/v1/status'] = [200, '{"good": true, "jobs": [{"group": "office", "name": "people", "state": "COMMITTED", "sentence": "in step"}]}'];
		$this->assertSame(0, $this->call('status'));
		$this->assertStringContainsString('office/people', $this->printed);
	}

	public function testStatusEndsWithOneWhereAJobIsNotWell(): void {
		$this->line->answers['GET /api/v1/status'] = [200, '{"good": false, "jobs": []}'];
		$this->assertSame(1, $this->call('status'));
	}

	public function testStatusSaysWhereThereIsNoJob(): void {
		$this->line->answers['GET /api/v1/status'] = [200, '{"good": true, "jobs": []}'];
		$this->assertSame(0, $this->call('status'));
		$this->assertStringContainsString('no job yet', $this->printed);
	}

	public function testWhatAHostSaysIsNeverFormatting(): void {
		$this->line->answers['GET /api/v1/status'] = [200, '{"good": true, "jobs": [{"group": "office", "name": "people", "state": "HELD", "sentence": "<error>x</error>"}]}'];
		$this->call('status');
		$this->assertStringContainsString('<error>x</error>', $this->printed);
		$this->call('status', '', ['--json' => true]);
		$this->assertStringContainsString('"<error>x</error>"', $this->printed);
	}

	public function testStatusPrintsJson(): void {
		$this->line->answers['GET /api/v1/status'] = [200, '{"good": true, "jobs": []}'];
		$this->call('status', '', ['--json' => true]);
		$this->assertSame(['good' => true, 'jobs' => []], json_decode($this->printed, true));
	}

	private function begin(): void {
		$this->line->answers['POST /api/v1/groups/office/jobs/people/runs'] = [202, '{"rollout": "r", "runs": ["1"]}'];
	}

	/**
	 * @param array<string, mixed> $more
	 * @return array<string, mixed>
	 */
	private static function aRun(string $state, array $more = []): array {
		$ended = !in_array($state, ['REQUESTED', 'FETCHING'], true);
		return $more + ['id' => '1', 'target' => 't', 'state' => $state, 'ended' => $ended, 'error' => '', 'sentence' => 'said'];
	}

	/**
	 * @param array<string, mixed> ...$runs
	 * @return array{int, string}
	 */
	private static function answer(array ...$runs): array {
		return [200, (string) json_encode($runs)];
	}

	/** @dataProvider ends */
	public function testSyncFollowsTheRunToItsEnd(string $state, int $status): void {
		$this->begin();
		$this->line->first['GET /api/v1/rollouts/r'] = [self::answer(self::aRun('FETCHING')), self::answer(self::aRun($state))];
		$this->assertSame($status, $this->call('sync', 'office/people'));
		$this->assertStringContainsString("$state", $this->printed);
		$this->assertSame(1, $this->pauses);
	}

	/** @return array<int, array{string, int}> */
	public function ends(): array {
		return [['COMMITTED', 0], ['UNCHANGED', 0], ['PREVIEWED', 0], ['ROLLED_BACK', 1], ['HELD', 5], ['FAILED', 1], ['SKIPPED', 1]];
	}

	public function testAHeldRunSaysWhoApprovesItAndWhere(): void {
		$this->begin();
		$this->line->answers['GET /api/v1/rollouts/r'] = self::answer(self::aRun('HELD'));
		$this->call('sync', 'office/people');
		$this->assertStringContainsString('an administrator of the host that would be changed', $this->printed);
		$this->assertStringContainsString('Admin > PBXSync > Runs', $this->printed);
	}

	public function testAFailureBesideAHeldRunIsAFailure(): void {
		$this->begin();
		$other = self::aRun('FAILED', ['id' => '2', 'target' => 'u']);
		$this->line->answers['GET /api/v1/rollouts/r'] = self::answer(self::aRun('HELD'), $other);
		$this->assertSame(1, $this->call('sync', 'office/people'));
	}

	public function testAnOrderWithoutRunsIsNotDone(): void {
		$this->line->answers['POST /api/v1/groups/office/jobs/people/runs'] = [202, '{"rollout": "r", "runs": []}'];
		$this->assertSame(1, $this->call('sync', 'office/people'));
		$this->assertStringContainsString('no target', $this->printed);
	}

	public function testItFollowsTheNextAttempt(): void {
		$this->begin();
		$met = self::aRun('FAILED', ['error' => 'target-changed']);
		$this->line->first['GET /api/v1/rollouts/r'] = [self::answer($met), self::answer($met)];
		$this->line->answers['GET /api/v1/rollouts/r'] = self::answer($met, self::aRun('COMMITTED', ['id' => '2']));
		$this->assertSame(0, $this->call('sync', 'office/people'));
	}

	public function testItWaitsForAnotherAttemptOnlyForAWhile(): void {
		$this->begin();
		$this->line->answers['GET /api/v1/rollouts/r'] = self::answer(self::aRun('FAILED', ['error' => 'target-changed']));
		$this->assertSame(1, $this->call('sync', 'office/people'));
	}

	public function testAMomentOfSilenceDoesNotEndTheFollowing(): void {
		$this->begin();
		$this->line->first['GET /api/v1/rollouts/r'] = [null, null, self::answer(self::aRun('FETCHING')), null];
		$this->line->answers['GET /api/v1/rollouts/r'] = self::answer(self::aRun('COMMITTED'));
		$this->assertSame(0, $this->call('sync', 'office/people'));
	}

	public function testALongSilenceEndsTheFollowingWithThree(): void {
		$this->begin();
		$this->line->first['GET /api/v1/rollouts/r'] = array_fill(0, 200, null);
		$this->assertSame(3, $this->call('sync', 'office/people'));
	}

	public function testARunWithoutEndIsFollowedForAWhileAndSaysSo(): void {
		$this->begin();
		$this->line->answers['GET /api/v1/rollouts/r'] = self::answer(self::aRun('FETCHING'));
		$this->assertSame(6, $this->call('sync', 'office/people'));
		$this->assertStringContainsString('still goes on', $this->printed);
	}

	public function testJsonOfAHeldRunIsNothingButJson(): void {
		$this->begin();
		$this->line->answers['GET /api/v1/rollouts/r'] = self::answer(self::aRun('HELD'));
		$this->assertSame(5, $this->call('sync', 'office/people', ['--json' => true]));
		$this->assertSame('HELD', json_decode($this->printed, true)[0]['state']);
	}

	public function testARollBackThatOnlyRootMayOrderSaysSo(): void {
		$this->line->answers['POST /api/v1/runs/1/rollback'] = [403, '{"sentence": "not so", "remedy": ""}'];
		$this->assertSame(4, $this->call('rollback', '1'));
		$this->assertStringContainsString('as root', $this->printed);
	}

	public function testARollBackIsFollowed(): void {
		$this->line->answers['POST /api/v1/runs/1/rollback'] = [202, '{"rollout": "r", "runs": ["2"]}'];
		$this->line->answers['GET /api/v1/rollouts/r'] = self::answer(self::aRun('COMMITTED', ['id' => '2']));
		$this->assertSame(0, $this->call('rollback', '1'));
	}

	public function testDoctorAsksForALookAndTellsWhatWasFound(): void {
		$this->line->answers['POST /api/v1/doctor'] = [202, '{"id": "w", "state": "waiting", "answer": ""}'];
		$this->line->answers['GET /api/v1/wishes/w'] = [200, '{"id": "w", "state": "granted", "answer": ""}'];
		$this->line->answers['GET /api/v1/doctor'] = [200, '{"good": false, "checks": [{"name": "log", "good": false, "sentence": "cannot be read"}]}'];
		$this->assertSame(1, $this->call('doctor'));
		$this->assertStringContainsString('cannot be read', $this->printed);
	}

	public function testDoctorSaysWhyNobodyLooked(): void {
		$this->line->answers['POST /api/v1/doctor'] = [202, '{"id": "w", "state": "refused", "answer": "no identity"}'];
		$this->assertSame(1, $this->call('doctor'));
		$this->assertStringContainsString('no identity', $this->printed);
	}

	public function testPlanAsksForAPlan(): void {
		$this->line->answers['POST /api/v1/groups/office/jobs/people/runs'] = [202, '{"runs": []}'];
		$this->call('plan', 'office/people');
		$this->assertSame(['mode' => 'plan'], $this->line->asked[0][2]);
	}

	/** @dataProvider nonsense */
	public function testWrongWordsEndWithTwo(string $what, string $which): void {
		$this->assertSame(2, $this->call($what, $which));
	}

	/** @return array<int, array{string, string}> */
	public function nonsense(): array {
		return [['dance', ''], ['sync', 'office'], ['sync', ''], ['rollback', '']];
	}

	public function testItSaysHowToStartWhatDoesNotRun(): void {
		$this->line->silent = true;
		$this->assertSame(3, $this->call('status'));
		$this->assertStringContainsString('systemctl start pbxsync', $this->printed);
	}

	public function testARefusalEndsWithFour(): void {
		$this->assertSame(4, $this->call('sync', 'no/job'));
	}
}
