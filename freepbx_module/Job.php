<?php
namespace FreePBX\modules\Pbxsync;

use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;

/** Each minute: what runs have failed or wait for somebody becomes a notice of the dashboard. */
class Job implements \FreePBX\Job\TaskInterface {
	public static function run(InputInterface $input, OutputInterface $output) {
		\modgettext::push_textdomain('pbxsync');
		\FreePBX::Pbxsync()->refreshNotices();
		\modgettext::pop_textdomain();
		return true;
	}
}
