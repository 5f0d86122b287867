<?php
namespace FreePBX\Console\Command;

use FreePBX\modules\Pbxsync\Client;
use FreePBX\modules\Pbxsync\Following;
use FreePBX\modules\Pbxsync\Refused;
use FreePBX\modules\Pbxsync\Unavailable;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Formatter\OutputFormatter;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;

/** `fwconsole pbxsync`: the same as the `pbxsync` command, for those who are used to fwconsole. */
#[\AllowDynamicProperties]
class Pbxsync extends Command {
	private const HELD = 5;
	private const GOES_ON = 6;
	private const LOOK_SECONDS = 60;
	private const GOOD = ['COMMITTED', 'UNCHANGED', 'PREVIEWED'];

	private ?Client $client;
	private ?\Closure $pause;

	/**
	 * @param Client|null $client another than the module's, for tests
	 * @param \Closure|null $pause instead of sleeping, for tests
	 */
	public function __construct(?Client $client = null, ?\Closure $pause = null) {
		$this->client = $client;
		$this->pause = $pause;
		parent::__construct();
	}

	protected function configure() {
		\modgettext::push_textdomain('pbxsync');
		$this->setName('pbxsync')
			->setDescription(_('Keeps this PBX in step with others'))
			->addArgument('what', InputArgument::OPTIONAL, 'status | plan | sync | rollback | doctor', 'status')
			->addArgument('which', InputArgument::OPTIONAL, _('GROUP/JOB for plan and sync, the id of a run for rollback'))
			->addOption('json', '', InputOption::VALUE_NONE, _('Print JSON'))
			->setHelp("fwconsole pbxsync status\nfwconsole pbxsync plan office/extensions\nfwconsole pbxsync sync office/extensions\n"
				. "fwconsole pbxsync rollback 5c6676430c96\nfwconsole pbxsync doctor");
		\modgettext::pop_textdomain();
	}

	/** Exit codes: 0 done, 1 it did not end well, 2 wrong words, 3 PBXSync does not run, 4 it refused, 5 held for a person, 6 still going on. */
	protected function execute(InputInterface $input, OutputInterface $output) {
		\modgettext::textdomain('pbxsync');
		try {
			return $this->act($input, $output, $this->client ?? \FreePBX::Pbxsync()->system());
		} catch (Unavailable $error) {
			$output->writeln('<error>' . OutputFormatter::escape($error->getMessage()) . '</error>');
			$output->writeln(_('Start it with: systemctl start pbxsync'));
			return 3;
		} catch (Refused $error) {
			$output->writeln('<error>' . OutputFormatter::escape($error->getMessage()) . '</error>');
			$output->writeln($error->remedy, OutputInterface::OUTPUT_RAW);
			if ($error->getCode() === 403 && $input->getArgument('what') === 'rollback') {
				$output->writeln(_('If you are not root: only root may roll back here, with /etc/pbxsync/root.key. Call it again as root, or use Admin > PBXSync > Runs'));
			}
			return 4;
		}
	}

	private function act(InputInterface $input, OutputInterface $output, Client $client): int {
		$what = $input->getArgument('what');
		$which = (string) $input->getArgument('which');
		switch ($what) {
			case 'status':
				return $this->tell($input, $output, $client->status());
			case 'doctor':
				return $this->look($input, $output, $client);
			case 'plan':
				return $this->start($input, $output, $client, $which, 'plan');
			case 'sync':
				return $this->start($input, $output, $client, $which, 'apply');
			case 'rollback':
				if ($which === '') {
					return $this->wrong($output, _('Name the run to return to before; `fwconsole pbxsync status` shows the last ones'));
				}
				return $this->follow($input, $output, $client, $client->rollBack($which, 'apply'));
			default:
				return $this->wrong($output, _('Say status, plan, sync, rollback or doctor'));
		}
	}

	private function look(InputInterface $input, OutputInterface $output, Client $client): int {
		$wish = $client->look();
		for ($until = time() + self::LOOK_SECONDS; $wish['state'] === 'waiting' && time() < $until; usleep(300000)) {
			$wish = $client->wish((string) $wish['id']);
		}
		if ($wish['state'] !== 'granted') {
			return $this->wrong($output, $wish['answer'] ?: _('No worker has looked; is pbxsync-tasks running?'), 1);
		}
		return $this->tell($input, $output, $client->doctor());
	}

	private function start(InputInterface $input, OutputInterface $output, Client $client, string $which, string $mode): int {
		[$group, $job] = array_pad(explode('/', $which, 2), 2, '');
		if ($group === '' || $job === '') {
			return $this->wrong($output, _('Name the job as GROUP/JOB; `fwconsole pbxsync status` lists them'));
		}
		return $this->follow($input, $output, $client, $client->start($group, $job, $mode));
	}

	/** @param array<string, mixed> $answer */
	private function tell(InputInterface $input, OutputInterface $output, array $answer): int {
		if ($input->getOption('json')) {
			$output->writeln((string) json_encode($answer, JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), OutputInterface::OUTPUT_RAW);
		} else {
			if (($answer['jobs'] ?? null) === []) {
				$output->writeln(_('There is no job yet; make one in the panel, Admin > PBXSync'));
			}
			foreach ($answer['jobs'] ?? $answer['checks'] ?? [] as $one) {
				$name = isset($one['group']) ? $one['group'] . '/' . $one['name'] : ($one['name'] ?? '');
				$state = $one['state'] ?? (($one['good'] ?? true) ? 'ok' : 'NO');
				$output->writeln(sprintf('%-40s %-12s %s', $name, $state, $one['sentence'] ?? ''), OutputInterface::OUTPUT_RAW);
			}
		}
		return ($answer['good'] ?? true) ? 0 : 1;
	}

	/** @param array<string, mixed> $started */
	private function follow(InputInterface $input, OutputInterface $output, Client $client, array $started): int {
		if (($started['runs'] ?? []) === []) {
			return $this->wrong($output, _('Nothing was started: this job has no target now'), 1);
		}
		$json = (bool) $input->getOption('json');
		$say = function (array $run) use ($json, $output): void {
			if (!$json) {
				$output->writeln(sprintf('%s %-12s %s', $run['id'], $run['state'], $run['sentence'] ?? ''), OutputInterface::OUTPUT_RAW);
			}
		};
		$ended = (new Following($client, $say, $this->pause))->toTheEnd((string) $started['rollout']);
		if ($ended === null) {
			return $this->wrong($output, _('It still goes on after 15 minutes and is followed no more; `fwconsole pbxsync status` tells how it ends'), self::GOES_ON);
		}
		if ($json) {
			$output->writeln((string) json_encode($ended, JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE), OutputInterface::OUTPUT_RAW);
		}
		return $this->verdict($output, $ended, $json);
	}

	/** @param array<int, array<string, mixed>> $ended */
	private function verdict(OutputInterface $output, array $ended, bool $json): int {
		$bad = array_diff(array_column($ended, 'state'), self::GOOD);
		if (!in_array('HELD', $bad, true)) {
			return $bad ? 1 : 0;
		}
		if (!$json) {
			$output->writeln(_('A held run waits for a person: an administrator of the host that would be changed approves it there, Admin > PBXSync > Runs'));
		}
		return array_diff($bad, ['HELD']) ? 1 : self::HELD;
	}

	private function wrong(OutputInterface $output, string $sentence, int $status = 2): int {
		$output->writeln('<error>' . OutputFormatter::escape($sentence) . '</error>');
		return $status;
	}
}
