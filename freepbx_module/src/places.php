<?php
/** Where the package of PBXSync puts what both sides use. */
return [
	'key' => '/etc/pbxsync/panel.key',
	'socket' => '/run/pbxsync/web.sock',
	'prefix' => '/pbxsync',
];
