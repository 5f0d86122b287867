<?php
/** @var string $why */
?>
<div class="container-fluid pbxsync">
	<h1>PBXSync</h1>
	<div class="alert alert-warning" role="alert">
		<p><strong><?= htmlspecialchars(_('PBXSync does not run on this PBX')) ?></strong></p>
		<p><?= htmlspecialchars($why) ?></p>
	</div>
	<p><?= htmlspecialchars(_('Start it, as root:')) ?></p>
	<pre>systemctl start pbxsync
pbxsync doctor</pre>
	<p><?= htmlspecialchars(_('If it was never installed: this module is only the door. The program comes as a Debian package, see the README.')) ?></p>
	<p><a class="btn btn-default" href="config.php?display=pbxsync"><?= htmlspecialchars(_('Look again')) ?></a></p>
</div>
