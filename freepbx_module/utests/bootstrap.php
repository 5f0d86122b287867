<?php
// STAND-INS for the few classes of FreePBX and Symfony that the module meets; FreePBX itself is not needed for these tests.
namespace {
	interface BMO {
	}
	class FreePBX_Helpers {
		public function deleteAll() {
			echo 'CREATE TABLE kvstore';
		}
	}

	/** Translations of the panel: whose words are in use. */
	class modgettext {
		public static function textdomain($_module) {
		}

		public static function push_textdomain($_module) {
		}

		public static function pop_textdomain() {
		}
	}

	/** Somebody who is logged in to the panel, and the sections they may see. */
	class StandInUser {
		public string $username;
		/** @var string[] */
		private array $sections;

		/** @param string[] $sections */
		public function __construct(string $username, array $sections) {
			$this->username = $username;
			$this->sections = $sections;
		}

		public function checkSection(string $section): bool {
			return in_array('*', $this->sections, true) || in_array($section, $this->sections, true);
		}
	}

	/** Notices in memory. */
	class StandInNotifications {
		/** @var array<string, array<string, string>> */
		public array $shown = [];

		public function __call(string $name, array $arguments): void {
			[$module, $id, $text] = $arguments;
			$this->shown[$id] = ['module' => $module, 'id' => $id, 'display_text' => $text, 'level' => substr($name, 4)];
		}

		public function list_all(bool $_reset, bool $_filter): array {
			return array_values($this->shown);
		}

		public function delete(string $_module, string $id): void {
			unset($this->shown[$id]);
		}
	}

	/** Jobs in memory. */
	class StandInJobs {
		/** @var array<string, string> */
		public array $classes = [];

		public function addClass(string $module, string $name, string $class, string $_schedule, int $_seconds): void {
			$this->classes["$module/$name"] = $class;
		}

		public function removeAllByModule(string $module): void {
			foreach (array_keys($this->classes) as $key) {
				if (strpos($key, "$module/") === 0) {
					unset($this->classes[$key]);
				}
			}
		}
	}

	class StandInConfig {
		public function get(string $_name): string {
			return 'en_US';
		}
	}

	class StandInPbx {
		public StandInNotifications $Notifications;
		public StandInJobs $Job;
		public StandInConfig $Config;
		public object $Dashboard;

		public function __construct() {
			$this->Notifications = new StandInNotifications();
			$this->Job = new StandInJobs();
			$this->Config = new StandInConfig();
			$this->Dashboard = new \stdClass();
		}
	}

	require __DIR__ . '/../Pbxsync.class.php';
	require __DIR__ . '/symfony.php';
	require __DIR__ . '/../Console/Pbxsync.class.php';
	require __DIR__ . '/MemoryLine.php';
}
