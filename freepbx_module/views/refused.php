<div class="container-fluid pbxsync">
	<div class="alert alert-danger" role="alert"><?= htmlspecialchars(_('Your user of the PBX may not see this page')) ?></div>
</div>
