<?php
namespace FreePBX\modules\Pbxsync;

use FreePBX\modules\Backup as Base;

/**
 * Nothing of PBXSync goes into a backup of the PBX: its identity and keys belong to one host, and a restored copy of
 * them would be a second host with the same name.
 */
class Backup extends Base\BackupBase {
	public function runBackup($id, $transaction) {
		$this->addConfigs(['note' => 'The identity of this host in PBXSync is not in here, on purpose']);
	}
}
