<?php
namespace FreePBX\modules;

use FreePBX\modules\Pbxsync\Board;
use FreePBX\modules\Pbxsync\Client;
use FreePBX\modules\Pbxsync\Notices;
use FreePBX\modules\Pbxsync\Refused;
use FreePBX\modules\Pbxsync\SocketLine;
use FreePBX\modules\Pbxsync\Ticket;
use FreePBX\modules\Pbxsync\Unavailable;

foreach (['Unavailable', 'Refused', 'Line', 'SocketLine', 'Ticket', 'Client', 'Following', 'Notices', 'Board'] as $name) {
	require_once __DIR__ . "/src/$name.php";
}

/** The door to PBXSync in the PBX's own panel; everything else is behind it, in a process of its own. */
#[\AllowDynamicProperties]
class Pbxsync extends \FreePBX_Helpers implements \BMO {
	private const NAME = 'pbxsync';
	private const SECTION_OF_COMMAND = ['status' => 'pbxsync', 'sync' => 'pbxsync_operate'];
	private const TOKEN = 'pbxsync_token';

	/** @var array{key: string, socket: string, prefix: string} */
	private array $places;
	private object $freepbx;

	/** @param array{key: string, socket: string, prefix: string}|null $places others than the package's, for tests */
	public function __construct($freepbx = null, ?array $places = null) {
		if ($freepbx === null) {
			throw new \Exception('Not given a FreePBX Object');
		}
		$this->freepbx = $freepbx;
		$this->places = $places ?? require __DIR__ . '/src/places.php';
	}

	public function install() {
		$this->freepbx->Job->addClass(self::NAME, 'notices', 'FreePBX\modules\Pbxsync\Job', '* * * * *', 20);
		return true;
	}

	public function uninstall() {
		$this->freepbx->Job->removeAllByModule(self::NAME);
		$this->board()->show([]);
		return true;
	}

	/** Called after uninstall(): nothing of ours is in the panel's key-value store, and the inherited one would make its table. */
	public function deleteAll() {
	}

	/** Called when the module is switched off: nobody would take its notices back any more. */
	public function disable() {
		$this->board()->show([]);
		return true;
	}

	/** Take over what a form posted: nothing, all forms are behind the frame. */
	public function doConfigPageInit($page) {
	}

	/** Return the page: the web admin in a frame, or why there is none and what to do. */
	public function showPage(): string {
		$user = $_SESSION['AMP_user'] ?? null;
		if (!is_object($user) || !$user->checkSection('pbxsync')) {
			return $this->view('refused', []);
		}
		try {
			$this->client($user)->health();
			$language = (string) ($_COOKIE['lang'] ?? $this->freepbx->Config->get('UIDEFAULTLANG') ?: '');
			$ticket = $this->ticket()->mint(Ticket::PANEL, $this->nameOf($user), $this->sectionsOf($user), $language);
		} catch (Unavailable $error) {
			return $this->view('absent', ['why' => $error->getMessage()]);
		} catch (Refused $error) {
			return $this->view('absent', ['why' => $error->whole()]);
		}
		return $this->view('frame', ['ticket' => $ticket, 'prefix' => $this->places['prefix'], 'token' => $this->token()]);
	}

	public function ajaxRequest($command, &$setting) {
		$setting['authenticate'] = true;
		$setting['allowremote'] = false;
		return array_key_exists($command, self::SECTION_OF_COMMAND);
	}

	/** Answer the page's own requests; the panel only knows that somebody is logged in, so everything is checked here. */
	public function ajaxHandler() {
		$command = (string) ($_REQUEST['command'] ?? '');
		$user = $_SESSION['AMP_user'] ?? null;
		$section = self::SECTION_OF_COMMAND[$command] ?? null;
		if ($section === null || !is_object($user) || !$user->checkSection($section)) {
			return $this->problem(_('Your user of the PBX may not do this'), 403);
		}
		if ($command !== 'status' && !$this->isOurForm()) {
			return $this->problem(_('This page has expired; load it again. Nothing was done.'), 403);
		}
		try {
			$client = $this->client($user);
			if ($command === 'status') {
				return ['status' => true, 'answer' => $client->status()];
			}
			return ['status' => true, 'answer' => $client->start((string) ($_POST['group'] ?? ''), (string) ($_POST['job'] ?? ''), 'apply')];
		} catch (Unavailable $error) {
			return $this->problem($error->getMessage(), 503);
		} catch (Refused $error) {
			return $this->problem($error->whole(), $error->getCode());
		}
	}

	/** Hook of "Apply Config": tell PBXSync that something may have changed; it can neither delay nor break the reload. */
	public function configApplied() {
		$this->system()->tell('apply-config');
	}

	/**
	 * Hook of a restore: PBXSync pauses its jobs until somebody has looked.
	 *
	 * Root's `fwconsole backup --restore` has become the PBX's user but is not in its group, so it cannot tell; the notice
	 * that it leaves is told by the job of the next minute, as after a restore while PBXSync did not run.
	 */
	public function configRestored() {
		if (!$this->system()->tell('restore')) {
			$this->board()->add(Notices::untold());
		}
	}

	/** Hook of the dashboard: one row about PBXSync. */
	public function dashboardService() {
		$row = ['title' => 'PBXSync', 'order' => 999];
		try {
			$notices = Notices::of($this->system()->status());
			[$type, $tip] = $notices ? ['warning', implode('; ', array_column($notices, 1))] : ['ok', _('In step')];
		} catch (\Throwable $error) {
			[$type, $tip] = ['error', $error->getMessage()];
		}
		$row += ['type' => $type, 'tooltip' => $tip];
		$dashboard = $this->freepbx->Dashboard;
		return [method_exists($dashboard, 'genStatusIcon') ? array_merge($row, $dashboard->genStatusIcon($type, $tip)) : $row];
	}

	/** Bring the notices of the dashboard to what PBXSync says now; called each minute. */
	public function refreshNotices(): void {
		$waits = array_intersect_key(Notices::untold(), $this->board()->shown());
		$untold = $waits && !$this->system()->tell('restore') ? $waits : [];
		try {
			$this->board()->show($untold + Notices::of($this->system()->status()));
		} catch (Unavailable | Refused $error) {
			$this->board()->show($untold + Notices::silent($error->getMessage()));
		}
	}

	/** Return the client as the system itself: console, hooks and jobs have no user. Root alone may do what is grave. */
	public function system(): Client {
		$root = dirname($this->places['key']) . '/root.key';
		$ticket = is_readable($root) ? new Ticket($root) : $this->ticket();
		return new Client(new SocketLine($this->places['socket']), $ticket, 'system', ['*']);
	}

	private function board(): Board {
		return new Board($this->freepbx->Notifications, self::NAME);
	}

	private function client(object $user): Client {
		return new Client(new SocketLine($this->places['socket']), $this->ticket(), $this->nameOf($user), $this->sectionsOf($user));
	}

	private function ticket(): Ticket {
		return new Ticket($this->places['key']);
	}

	private function nameOf(object $user): string {
		return mb_substr((string) ($user->username ?? 'somebody'), 0, 48);
	}

	/** @return string[] */
	private function sectionsOf(object $user): array {
		return array_values(array_filter(Ticket::SECTIONS, fn (string $one): bool => (bool) $user->checkSection($one)));
	}

	private function token(): string {
		return $_SESSION[self::TOKEN] ??= bin2hex(random_bytes(16));
	}

	private function isOurForm(): bool {
		$given = (string) ($_SERVER['HTTP_X_PBXSYNC_TOKEN'] ?? '');
		$known = (string) ($_SESSION[self::TOKEN] ?? '');
		return ($_SERVER['REQUEST_METHOD'] ?? '') === 'POST' && $known !== '' && hash_equals($known, $given);
	}

	/** @return array<string, mixed> */
	private function problem(string $sentence, int $status): array {
		return ['status' => false, 'message' => $sentence, 'code' => $status];
	}

	/** @param array<string, mixed> $values */
	private function view(string $name, array $values): string {
		extract($values, EXTR_SKIP);
		ob_start();
		require __DIR__ . "/views/$name.php";
		return (string) ob_get_clean();
	}
}
