"""What must never leave a host and is never touched on one, whatever a dataset says; patterns are `PLACE/path`.

A host's own setting `protected` adds to these lists; nothing takes away from them. Why each stands here: it is the
host's identity or secret (keys, manager.conf, asterisk.conf), it acts on arrival (outgoing dials, incron runs as
root), it belongs to a running process (locks, astdb), or it is an address of this machine (transports, binds). Of
the AstDB (`ASTDB/family/key`): who is registered, logged in or talking on this host, what names it, what is derived.
"""

from pbxsync_worker.core.model.presets.host_specific import ROW_PATTERNS

ALWAYS: tuple[str, ...] = (
    "**/.pbxsync-*",
    "**/.pbxsync-*/**",
    "**/.lock",
    "**/.lock-*",
    "ASTETCDIR/{asterisk,manager,freepbx_chown}.conf",
    "ASTETCDIR/keys/**",
    "ASTETCDIR/backup/**",
    "ASTETCDIR/pjsip.transports_custom{,_post}.conf",
    "ASTETCDIR/{sip_nat,http_custom,rtp_custom,udptl_custom,manager_custom,res_odbc_custom,modules_custom}.conf",
    "ASTETCDIR/*odbc_custom.conf",
    "ASTSPOOLDIR/{outgoing,outgoing_done,incron,tmp,backup,cache,uploads,system,meetme,dictate}/**",
    "ASTSPOOLDIR/voicemail/device/**",
    "ASTSPOOLDIR/voicemail/**/tmp/**",
    "{ASTVARLIBDIR,ASTDATADIR}/astdb*",
    "{ASTVARLIBDIR,ASTDATADIR}/{keys,bin,.gnupg,.ssh}/**",
    "ASTDB/{registrar,subscription_persistence,SIP,IAX,iax,dundi,dahdi}{,/**}",
    "ASTDB/{pbx,MediaCache,StasisDeviceState,CustomDevstate,cidname,privacy}{,/**}",
    "ASTDB/{RG,RECCONF,CALLTRACE,EDEVICE,ZULU,Queue/PersistentMembers}{,/**}",
    "ASTDB/AMPUSER/*/{queuehint,pausequeuehint}",
    *ROW_PATTERNS,
)
"""Protected on every PBX."""

FREEPBX: tuple[str, ...] = (
    "ASTETCDIR/*_additional.conf",
    "ASTETCDIR/pjsip.conf",
    "ASTETCDIR/pjsip.{aor,auth,endpoint,identify,registration,transports,notify}.conf",
    "ASTETCDIR/{sip_registrations,iax_registrations,localprefixes,cel_odbc,cdr_adaptive_odbc,cdr}.conf",
    "ASTETCDIR/{extensions,features,http,iax,res_odbc,rtp,sip,sip_notify,udptl,logger,cel,ari,confbridge}.conf",
)
"""Protected as well where FreePBX generates the configuration: each host writes these files by itself."""

DEVICE_AND_USER: tuple[str, ...] = ("ASTDB/AMPUSER/*/device", "ASTDB/DEVICE/*/user")
"""Protected as well where people log in to phones (FreePBX's mode deviceanduser): who sits where."""
