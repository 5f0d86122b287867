<?php
use FreePBX\modules\Pbxsync\Client;
use FreePBX\modules\Pbxsync\MemoryLine;
use FreePBX\modules\Pbxsync\Refused;
use FreePBX\modules\Pbxsync\Ticket;
use FreePBX\modules\Pbxsync\Unavailable;
use PHPUnit\Framework\TestCase;

final class ClientTest extends TestCase {
	private string $key;
	private MemoryLine $line;
	private Client $client;

	protected function setUp(): void {
		$this->key = (string) tempnam(sys_get_temp_dir(), 'key');
		file_put_contents($this->key, str_repeat('k', 32));
		$this->line = new MemoryLine();
		$this->client = new Client($this->line, new Ticket($this->key), 'anna', ['*']);
	}

	protected function tearDown(): void {
		if (is_file($this->key)) {
			unlink($this->key);
		}
	}

	public function testItTellsWhatWasAnswered(): void {
		$this->line->answers['GET /api/v1/status'] = [200, '{"host": "north"}'];
		$this->assertSame(['host' => 'north'], $this->client->status());
	}

	public function testEveryRequestHasATicketOfItsOwn(): void {
		$this->line->answers['GET /api/v1/status'] = [200, '{}'];
		$this->client->status();
		$this->client->status();
		$this->assertNotSame($this->line->asked[0][3], $this->line->asked[1][3]);
	}

	public function testAJobWhoseNameHasASlashStaysInItsPlace(): void {
		$this->line->answers['POST /api/v1/groups/a%2F..%2Fb/jobs/c/runs'] = [202, '{"runs": ["1"]}'];
		$this->assertSame(['1'], $this->client->start('a/../b', 'c', 'plan')['runs']);
	}

	public function testARefusalKeepsItsSentenceAndRemedy(): void {
		$this->line->answers['GET /api/v1/runs/x'] = [404, '{"error": "not-found", "sentence": "There is no run x", "remedy": "Check the name."}'];
		try {
			$this->client->run('x');
			$this->fail('it was not refused');
		} catch (Refused $error) {
			$this->assertSame(['There is no run x', 'Check the name.', 404], [$error->getMessage(), $error->remedy, $error->getCode()]);
		}
	}

	/** @dataProvider sentences */
	public function testARefusalIsTwoSentences(string $happened, string $remedy, string $whole): void {
		$this->assertSame($whole, (new Refused($happened, $remedy, 404))->whole());
	}

	/** @return array<int, array{string, string, string}> */
	public function sentences(): array {
		return [['There is no x', 'Check it.', 'There is no x. Check it.'], ['It ended.', 'Wait.', 'It ended. Wait.'], ['No', '', 'No']];
	}

	public function testAnAnswerThatIsNoJsonIsNoAnswer(): void {
		$this->line->answers['GET /api/v1/status'] = [502, '<html>'];
		$this->expectException(Unavailable::class);
		$this->client->status();
	}

	public function testAHookNeverFailsWhateverIsMissing(): void {
		$this->line->silent = true;
		$this->assertFalse($this->client->tell('apply-config'));
		unlink($this->key);
		$this->assertFalse($this->client->tell('apply-config'));
	}

	public function testAHookSaysWhatHappened(): void {
		$this->assertTrue($this->client->tell('restore'));
		$this->assertSame(['DROP', '/api/v1/events', ['what' => 'restore']], array_slice($this->line->asked[0], 0, 3));
	}
}
