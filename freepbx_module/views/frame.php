<?php
/** @var string $ticket @var string $prefix @var string $token */
?>
<div class="container-fluid pbxsync" data-token="<?= htmlspecialchars($token) ?>">
	<form id="pbxsync-door" method="post" action="<?= htmlspecialchars($prefix) ?>/panel" target="pbxsync-frame">
		<input type="hidden" name="ticket" value="<?= htmlspecialchars($ticket) ?>">
		<noscript><button class="btn btn-default"><?= htmlspecialchars(_('Open PBXSync')) ?></button></noscript>
	</form>
	<iframe name="pbxsync-frame" id="pbxsync-frame" title="PBXSync"></iframe>
</div>
