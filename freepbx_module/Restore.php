<?php
namespace FreePBX\modules\Pbxsync;

use FreePBX\modules\Backup as Base;

/** After a restore PBXSync pauses the jobs of this host: what was restored may be older than what the others have. */
class Restore extends Base\RestoreBase {
	public function runRestore() {
		$this->log(_('PBXSync keeps the identity of this host; its jobs pause until somebody has looked'));
		\FreePBX::Pbxsync()->configRestored();
	}

	public function processLegacy($pdo, $data, $tables, $unknownTables) {
		\FreePBX::Pbxsync()->configRestored();
	}

	/** Do not uninstall and install this module before it is restored. */
	public function getResetInfo() {
		return true;
	}
}
