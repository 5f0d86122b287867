"""What is done to this host's Asterisk beside reloads, built from its settings."""

import os
from collections.abc import Callable

from pbxsync_worker.asterisk.console import Console
from pbxsync_worker.asterisk.control import ServiceControl
from pbxsync_worker.asterisk.service import AsteriskService, Limits
from pbxsync_worker.asterisk.session import AmiAddress
from pbxsync_worker.asterisk.starter import Found, starter_for
from pbxsync_worker.core.model.pbx import PbxState
from pbxsync_worker.core.model.ports import AsteriskControl, Clock
from pbxsync_worker.core.settings import Settings


def control_of(settings: Settings, ami: AmiAddress, look: Callable[[], PbxState], clock: Clock) -> AsteriskControl:
    """Return the control of this host's Asterisk; look: see `Pbx.look`."""
    freepbx = settings.freepbx_conf.exists()
    as_root = () if os.geteuid() == 0 else ("sudo", "-n")
    starter = starter_for(settings.starting, Found(settings.fwconsole if freepbx else None, as_root))
    drain, stop, boot = (
        settings.asterisk_drain_seconds,
        settings.asterisk_stop_seconds,
        settings.asterisk_boot_seconds,
    )
    console = Console(settings.control_socket, ami, clock)
    service = AsteriskService(console, console.down, look, starter, clock, Limits(drain, stop, boot))
    return ServiceControl(service, ami, clock, {hook.name: hook for hook in settings.hooks}, freepbx=freepbx)
