<?php
/** @var string $ticket @var string $prefix @var string $token */
// Style and script are in the page: FreePBX links a module's assets only at the next "Apply Config".
?>
<style><?php readfile(__DIR__ . '/door.css') ?></style>
<div class="container-fluid pbxsync" data-token="<?= htmlspecialchars($token) ?>">
	<form id="pbxsync-door" method="post" action="<?= htmlspecialchars($prefix) ?>/panel" target="pbxsync-frame">
		<input type="hidden" name="ticket" value="<?= htmlspecialchars($ticket) ?>">
		<button id="pbxsync-knock" class="btn btn-default"><?= htmlspecialchars(_('Open PBXSync')) ?></button>
	</form>
	<iframe name="pbxsync-frame" id="pbxsync-frame" title="PBXSync"></iframe>
</div>
<script><?php readfile(__DIR__ . '/door.js') ?></script>
