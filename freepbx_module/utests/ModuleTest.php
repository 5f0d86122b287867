<?php
use FreePBX\modules\Pbxsync;
use PHPUnit\Framework\TestCase;

final class ModuleTest extends TestCase {
	private string $folder;
	private StandInPbx $pbx;
	private Pbxsync $module;

	protected function setUp(): void {
		$this->folder = sys_get_temp_dir() . '/' . bin2hex(random_bytes(6));
		mkdir($this->folder);
		file_put_contents("$this->folder/key", str_repeat('k', 32));
		$this->pbx = new StandInPbx();
		$places = ['key' => "$this->folder/key", 'socket' => "$this->folder/none.sock", 'prefix' => '/pbxsync'];
		$this->module = new Pbxsync($this->pbx, $places);
		$_SESSION = [];
		$_REQUEST = $_POST = $_SERVER = [];
	}

	protected function tearDown(): void {
		array_map('unlink', (array) glob("$this->folder/*"));
		rmdir($this->folder);
	}

	private function logIn(string ...$sections): void {
		$_SESSION['AMP_user'] = new StandInUser('anna', $sections);
	}

	public function testInstallingAddsOneJobAndUninstallingLeavesNothing(): void {
		$this->module->install();
		$this->assertCount(1, $this->pbx->Job->classes);
		$this->module->refreshNotices();
		$this->assertCount(1, $this->pbx->Notifications->shown);
		$this->module->uninstall();
		$this->assertSame([[], []], [$this->pbx->Job->classes, $this->pbx->Notifications->shown]);
	}

	public function testUninstallingMakesNoTableOfThePanelsOwnStore(): void {
		$this->expectOutputString('');
		$this->module->deleteAll();
	}

	public function testSwitchedOffItTakesItsNoticesBack(): void {
		$this->module->refreshNotices();
		$this->module->disable();
		$this->assertSame([], $this->pbx->Notifications->shown);
	}

	public function testInstallingTwiceIsAsOnce(): void {
		$this->module->install();
		$this->module->install();
		$this->assertCount(1, $this->pbx->Job->classes);
	}

	public function testThePageSaysWhatToDoWhereNothingRuns(): void {
		$this->logIn('*');
		$this->assertStringContainsString('systemctl start pbxsync', $this->module->showPage());
	}

	public function testThePageRefusesAUserWithoutItsSection(): void {
		$this->logIn('extensions');
		$page = $this->module->showPage();
		$this->assertStringContainsString('may not see this page', $page);
		$this->assertStringNotContainsString('ticket', $page);
	}

	public function testItAnswersNoRequestItDoesNotKnow(): void {
		$setting = [];
		$this->assertFalse($this->module->ajaxRequest('remove', $setting));
		$this->assertTrue($this->module->ajaxRequest('status', $setting));
		$this->assertSame([true, false], [$setting['authenticate'], $setting['allowremote']]);
	}

	/** @dataProvider intruders */
	public function testItRefusesWhoeverMayNot(string $command, array $sections): void {
		$this->logIn(...$sections);
		$_REQUEST['command'] = $command;
		$this->assertSame(403, $this->module->ajaxHandler()['code']);
	}

	/** @return array<int, array{string, string[]}> */
	public function intruders(): array {
		return [['status', []], ['status', ['extensions']], ['sync', ['pbxsync']], ['unknown', ['*']]];
	}

	public function testItRefusesAStranger(): void {
		$_REQUEST['command'] = 'status';
		$this->assertSame(403, $this->module->ajaxHandler()['code']);
	}

	/** @dataProvider forged */
	public function testItRefusesAChangeWithoutTheTokenOfThePage(string $method, string $token): void {
		$this->logIn('*');
		$_SESSION['pbxsync_token'] = 'right';
		$_REQUEST['command'] = 'sync';
		$_SERVER = ['REQUEST_METHOD' => $method, 'HTTP_X_PBXSYNC_TOKEN' => $token];
		$this->assertSame(403, $this->module->ajaxHandler()['code']);
	}

	/** @return array<int, array{string, string}> */
	public function forged(): array {
		return [['POST', ''], ['POST', 'wrong'], ['GET', 'right']];
	}

	public function testAChangeWithTheTokenGoesOn(): void {
		$this->logIn('pbxsync_operate');
		$_SESSION['pbxsync_token'] = 'right';
		$_REQUEST['command'] = 'sync';
		$_SERVER = ['REQUEST_METHOD' => 'POST', 'HTTP_X_PBXSYNC_TOKEN' => 'right'];
		$this->assertSame(503, $this->module->ajaxHandler()['code']);
	}

	public function testHooksNeitherFailNorWaitWhereNothingRuns(): void {
		$began = hrtime(true);
		$this->module->configApplied();
		$this->module->configRestored();
		$this->assertLessThan(2e9, hrtime(true) - $began);
	}

	public function testTheDashboardHasARowAlsoWhereNothingRuns(): void {
		[$row] = $this->module->dashboardService();
		$this->assertSame(['PBXSync', 'error'], [$row['title'], $row['type']]);
	}

	public function testANoticeIsShownOnceAndGoesWhenItIsOver(): void {
		$this->pbx->Notifications->add_error('other', 'x', 'of somebody else');
		$this->module->refreshNotices();
		$this->module->refreshNotices();
		$this->assertSame(['x', 'silent'], array_keys($this->pbx->Notifications->shown));
		$this->module->uninstall();
		$this->assertSame(['x'], array_keys($this->pbx->Notifications->shown));
	}

	public function testARestoreThatCannotBeToldWaitsForSomebodyWhoCan(): void {
		$this->module->configRestored();
		$this->module->configRestored();
		$this->module->refreshNotices();
		$this->assertSame(['untold', 'silent'], array_keys($this->pbx->Notifications->shown));
		// One place in its queue: it hears the hint, and whoever asks for the status is refused at once.
		$queue = stream_context_create(['socket' => ['backlog' => 0]]);
		$service = stream_socket_server("unix://$this->folder/none.sock", $_errno, $_error, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $queue);
		$this->module->refreshNotices();
		$told = stream_get_contents(stream_socket_accept($service));
		fclose($service);
		$this->assertStringContainsString('{"what":"restore"}', $told);
		$this->assertSame(['silent'], array_keys($this->pbx->Notifications->shown));
	}
}
