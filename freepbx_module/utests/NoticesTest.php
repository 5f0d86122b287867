<?php
use FreePBX\modules\Pbxsync\Notices;
use PHPUnit\Framework\TestCase;

final class NoticesTest extends TestCase {
	/** @return array<string, mixed> */
	private static function status(string ...$states): array {
		$jobs = [];
		foreach ($states as $number => $state) {
			$jobs[] = ['group' => 'office', 'name' => "job$number", 'title' => "Job $number", 'state' => $state, 'sentence' => 'because'];
		}
		return ['jobs' => $jobs];
	}

	public function testWhatIsWellIsNotTold(): void {
		$this->assertSame([], Notices::of(self::status('COMMITTED', 'UNCHANGED', 'SCANNING', '')));
	}

	/** @dataProvider bad */
	public function testWhatIsNotWellIsTold(string $state, string $level): void {
		[$told] = array_values(Notices::of(self::status($state)));
		$this->assertSame([$level, 'because'], [$told[0], $told[2]]);
		$this->assertStringContainsString('Job 0', $told[1]);
	}

	/** @return array<int, array{string, string}> */
	public function bad(): array {
		return [['HELD', 'warning'], ['FAILED', 'error'], ['ROLLED_BACK', 'error']];
	}

	public function testEveryJobHasANoticeOfItsOwnWhoseIdFits(): void {
		$ids = array_keys(Notices::of(self::status('HELD', 'FAILED')));
		$this->assertCount(2, array_unique($ids));
		$this->assertLessThanOrEqual(24, max(array_map('strlen', $ids)));
	}

	public function testWhatTheDashboardWouldTakeForHtmlIsText(): void {
		$job = ['group' => 'a', 'name' => 'b', 'title' => '<b>T</b>', 'state' => 'HELD', 'sentence' => '<script>alert(1)</script>'];
		[$told] = array_values(Notices::of(['jobs' => [$job]]));
		$this->assertStringNotContainsString('<', $told[1] . $told[2]);
		$this->assertStringContainsString('&lt;script&gt;', $told[2]);
	}

	public function testATextFitsIntoItsColumn(): void {
		$job = ['group' => 'a', 'name' => 'b', 'title' => str_repeat('<ñ', 300), 'state' => 'HELD'];
		[$told] = array_values(Notices::of(['jobs' => [$job]]));
		$this->assertLessThanOrEqual(255, mb_strlen($told[1]));
		$this->assertGreaterThan(200, mb_strlen($told[1]));
	}

	public function testASilentPbxSyncIsTold(): void {
		$this->assertStringContainsString('systemctl start pbxsync', Notices::silent('why')['silent'][2]);
	}
}
