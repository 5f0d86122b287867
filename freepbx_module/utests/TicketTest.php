<?php
use FreePBX\modules\Pbxsync\Ticket;
use FreePBX\modules\Pbxsync\Unavailable;
use PHPUnit\Framework\TestCase;

final class TicketTest extends TestCase {
	private string $key;

	protected function setUp(): void {
		$this->key = (string) tempnam(sys_get_temp_dir(), 'key');
		file_put_contents($this->key, str_repeat('k', 32));
	}

	protected function tearDown(): void {
		unlink($this->key);
	}

	/** @return array<string, mixed> */
	private function payload(string $ticket): array {
		$base = strtr(explode('.', $ticket)[0], '-_', '+/');
		return json_decode((string) base64_decode($base), true);
	}

	public function testItSaysWhoAndForHowLong(): void {
		$said = $this->payload((new Ticket($this->key))->mint(Ticket::PANEL, 'anna', ['*'], 'es_ES'));
		$this->assertSame(['freepbx', 'panel', 'anna', ['*'], 'es_ES'], [$said['iss'], $said['aud'], $said['sub'], $said['sections'], $said['lang']]);
		$this->assertLessThanOrEqual(30, $said['exp'] - $said['iat']);
	}

	public function testItNamesOnlySectionsOfOurs(): void {
		$said = $this->payload((new Ticket($this->key))->mint(Ticket::PANEL, 'anna', ['extensions', 'pbxsync']));
		$this->assertSame(['pbxsync'], $said['sections']);
	}

	public function testNoTwoAreAlike(): void {
		$ticket = new Ticket($this->key);
		$this->assertNotSame($ticket->mint(Ticket::API, 'a', ['*']), $ticket->mint(Ticket::API, 'a', ['*']));
	}

	public function testItIsSignedOverAPrefixOfItsOwn(): void {
		[$payload, $signature] = explode('.', (new Ticket($this->key))->mint(Ticket::API, 'a', ['*']));
		$this->assertSame(hash_hmac('sha256', "pbxsync ticket 1\n$payload", str_repeat('k', 32)), $signature);
	}

	public function testItRefusesToWorkWithoutAKey(): void {
		$this->expectException(Unavailable::class);
		(new Ticket($this->key . '.none'))->mint(Ticket::API, 'a', ['*']);
	}

	public function testItRefusesAKeyThatCouldBeGuessed(): void {
		file_put_contents($this->key, 'short');
		$this->expectException(Unavailable::class);
		(new Ticket($this->key))->mint(Ticket::API, 'a', ['*']);
	}

	public function testItSurvivesANameThatIsNoUtf8(): void {
		$this->assertNotSame('', (new Ticket($this->key))->mint(Ticket::API, "a\xff", ['*']));
	}
}
