<?php
// STAND-INS for Symfony's console, as far as our command uses it.
namespace Symfony\Component\Console\Input {
	interface InputInterface {
		public function getArgument(string $name);

		public function getOption(string $name);
	}
	class InputArgument {
		const REQUIRED = 1;
		const OPTIONAL = 2;
	}
	class InputOption {
		const VALUE_NONE = 1;
	}
}

namespace Symfony\Component\Console\Output {
	interface OutputInterface {
		const OUTPUT_RAW = 2;

		public function writeln($text, $options = 0);
	}
}

namespace Symfony\Component\Console\Formatter {
	class OutputFormatter {
		public static function escape($text) {
			return str_replace('<', '\\<', $text);
		}
	}
}

namespace Symfony\Component\Console\Command {
	class Command {
		public function __construct() {
			$this->configure();
		}

		protected function configure() {
		}

		public function __call(string $_name, array $_arguments): self {
			return $this;
		}

		public function run($input, $output): int {
			return $this->execute($input, $output);
		}
	}
}
