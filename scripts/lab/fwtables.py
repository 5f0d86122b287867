"""The tables of FreePBX 17 that the laboratory makes: names, columns and keys, as facts.

A column is `name:type`, then `!` where it is never NULL, `+` where the server counts it, `=` and its default. Types:
vN and cN are VARCHAR(N) and CHAR(N), i INT, u unsigned INT, s SMALLINT, S unsigned SMALLINT, t TINYINT(1), b BIGINT,
d DATETIME, B LONGBLOB, T LONGTEXT. After the columns follow PK, the primary key, UQ, unique keys, and IX, other
indexes.
"""

import re

_TYPES = {
    "i": "INT(11)", "u": "INT(10) UNSIGNED", "s": "SMALLINT(6)", "S": "SMALLINT(5) UNSIGNED", "t": "TINYINT(1)",
    "b": "BIGINT(20)", "d": "DATETIME",
    "B": "LONGBLOB", "T": "LONGTEXT",
}  # fmt: skip

STORE = "key:c255! val:v4096 type:c16 id:c255 | UQ key(190),id(190) | IX key(190) | IX id(190)"
"""The shape of every key-value store."""

_STORES = (
    "kvstore_FreePBX_modules_Calendar",
    "kvstore_FreePBX_modules_Conferences",
    "kvstore_FreePBX_modules_Contactmanager",
    "kvstore_FreePBX_modules_Customappsreg",
    "kvstore_FreePBX_modules_Paging",
    "kvstore_FreePBX_modules_Userman",
    "kvstore_FreePBX_modules_Voicemail",
    "kvstore_Sipsettings",
)

TABLES: dict[str, str] = {
    "admin": "variable:v20!= value:v80!= | PK variable",
    "announcement": (
        "announcement_id:i+ description:v50 recording_id:i allow_skip:i post_dest:v255 return_ivr:t!=0 noanswer:t!=0 "
        "repeat_msg:v2!= | PK announcement_id"
    ),
    "callrecording": "callrecording_id:i+ callrecording_mode:v50 description:v50 dest:v255 | PK callrecording_id",
    "callrecording_module": "extension:v50 cidnum:v50= callrecording:v10 display:v20",
    "cidlookup": (
        "cidlookup_id:i+ description:v50! sourcetype:v100! cache:s!=0 deptname:v30 http_host:v100 http_port:v30 "
        "http_username:v50 http_password:v50 http_path:v100 http_query:v100 mysql_host:v60 mysql_port:v5 "
        "mysql_dbname:v60 mysql_query:v255 mysql_username:v30 mysql_password:v30 mysql_charset:v60 "
        "opencnam_account_sid:v34 opencnam_auth_token:v34 cm_group:v60= cm_format:v5= | PK cidlookup_id"
    ),
    "cidlookup_incoming": "cidlookup_id:i! extension:v100 cidnum:v30",
    "contactmanager_entry_emails": "id:i+ entryid:i! email:v100 | PK id",
    "contactmanager_entry_images": "entryid:i! image:B format:v45! gravatar:t!=0 | PK entryid",
    "contactmanager_entry_numbers": (
        "id:i+ entryid:i! number:v100 extension:v100 countrycode:v4 nationalnumber:v100 regioncode:v2 locale:v2 "
        "stripped:v100 type:v100 flags:v100 E164:v100 possibleshort:t | PK id"
    ),
    "contactmanager_entry_speeddials": "id:v5! entryid:i! numberid:i! | PK id",
    "contactmanager_entry_userman_images": "uid:i! image:B format:v45! gravatar:t!=0 | PK uid",
    "contactmanager_entry_websites": "id:i+ entryid:i! website:v100 | PK id",
    "contactmanager_entry_xmpps": "id:i+ entryid:i! xmpp:v100 | PK id",
    "contactmanager_general_favorites": "id:i+ list_name:v100! contact_ids:B! | PK id",
    "contactmanager_group_entries": (
        "id:i+ groupid:i! user:i! displayname:v100!= fname:v100!= lname:v100!= title:v100!= company:v100!= "
        "address:v200!= uuid:v36 | PK id | UQ uuid"
    ),
    "contactmanager_groups": "id:i+ owner:i! name:v80! type:v25! | PK id",
    "custom_extensions": "custom_exten:v80!= description:v40!= notes:v255!= | PK custom_exten",
    "daynight": "ext:v10!= dmode:v40!= dest:v190!= | PK ext,dmode,dest",
    "devices": (
        "id:v20!= tech:v10!= dial:v255!= devicetype:v5!= user:v50 description:v50 emergency_cid:v100 "
        "hint_override:v100 | IX id | IX tech"
    ),
    "fax_incoming": "cidnum:v20 extension:v50 detection:v20 detectionwait:v5 destination:v50 legacy_email:v50 ring:i=0",
    "fax_users": "user:v15 faxenabled:v10 faxemail:T faxattachformat:v10 | UQ user",
    "featurecodes": (
        "modulename:v50!= featurename:v50!= description:v200!= helptext:v500!= defaultcode:v20 customcode:v20 "
        "enabled:t!=0 providedest:t!=0 depend:v50!= | PK modulename,featurename | IX enabled"
    ),
    "findmefollow": (
        "grpnum:v20! strategy:v50 grptime:s grppre:v100 grplist:v255 annmsg_id:i postdest:v255 dring:v255 rvolume:v2 "
        "remotealert_id:i needsconf:v10 toolate_id:i pre_ring:s=0 ringing:v80 calendar_enable:t=0 calendar_id:v80= "
        "calendar_group_id:v80= calendar_match:v4=yes | PK grpnum"
    ),
    "freepbx_settings": (
        "keyword:v50!= value:v255 name:v80 level:t=0 description:T type:v25 options:T defaultval:v255 readonly:t=0 "
        "hidden:t=0 category:v50 module:v25 emptyok:t=1 sortorder:i=0 | PK keyword"
    ),
    "globals": "variable:v190! value:v255! | PK variable",
    "iax": "id:v20!=-1 keyword:v30!= data:v255! flags:i!=0 | PK id,keyword",
    "incoming": (
        "cidnum:v50 extension:v50! destination:v50 privacyman:t alertinfo:v255 ringing:v20 fanswer:v20 "
        "mohclass:v80!=default description:v80 grppre:v80 delay_answer:i pricid:v20 pmmaxretries:v2 pmminlength:v2 "
        "reversal:v10 rvolume:v2= indication_zone:v20=default"
    ),
    "indications_zonelist": "iso:v20! name:v80! conf:B | PK iso",
    "ivr_details": (
        "id:i+ name:v50 description:v150 announcement:i directdial:v50 invalid_loops:v10 invalid_retry_recording:v25 "
        "invalid_destination:v50 timeout_enabled:v50 invalid_recording:v25 retvm:v8 timeout_time:i "
        "timeout_recording:v25 timeout_retry_recording:v25 timeout_destination:v50 timeout_loops:v10 "
        "timeout_append_announce:t!=1 invalid_append_announce:t!=1 timeout_ivr_ret:t!=0 invalid_ivr_ret:t!=0 "
        "alertinfo:v150 rvolume:v2!= strict_dial_timeout:t!=2 accept_pound_key:t!=0 | PK id"
    ),
    "ivr_entries": "ivr_id:i! selection:v30 dest:v200 ivr_ret:t!=0",
    "kvblobstore": "uuid:c36! type:c32 content:B | PK uuid",
    "meetme": (
        "exten:v50! options:v15 userpin:v50 adminpin:v50 description:v50 joinmsg_id:i music:v80 users:S=0 "
        "language:v10!= timeout:u=21600 | PK exten"
    ),
    "miscdests": "id:i+ description:v100! destdial:v100! | PK id",
    "modules": "id:i+ modulename:v50!= version:v20!= enabled:t!=0 signature:B | PK id",
    "music": "id:i+ category:v190 type:v100 random:t=0 application:v255 format:v10 | PK id | UQ category",
    "notifications": (
        "module:v24!= id:v24!= level:i!=0 display_text:v255!= extended_text:B! link:v255!= reset:t!=0 candelete:t!=0 "
        "timestamp:i!=0 | PK module,id"
    ),
    "outbound_route_email": "route_id:i! emailfrom:v320= emailto:v320= emailsubject:T emailbody:T | PK route_id",
    "outbound_route_patterns": (
        "route_id:i! match_pattern_prefix:v60!= match_pattern_pass:v60!= match_cid:v60!= prepend_digits:v100!= | PK "
        "route_id,match_pattern_prefix,match_pattern_pass,match_cid,prepend_digits"
    ),
    "outbound_route_sequence": "route_id:i! seq:i! | PK route_id,seq",
    "outbound_route_trunks": "route_id:i! trunk_id:i! seq:i! | PK route_id,trunk_id,seq",
    "outbound_routes": (
        "route_id:i+ name:v40 outcid:v255 outcid_mode:v20 password:v30 emergency_route:v4 intracompany_route:v4 "
        "mohclass:v80 time_group_id:i dest:v255 time_mode:v20= calendar_id:v255 calendar_group_id:v255 timezone:v255 "
        "notification_on:v255=call | PK route_id"
    ),
    "paging_autoanswer": "useragent:v190! var:v20! setting:v255! | PK useragent,var",
    "paging_config": (
        "page_group:v190!= force_page:i! duplex:i!=0 description:v255!= announcement:v255 volume:i!=0 | PK page_group"
    ),
    "paging_core_routing": "route:v25!= page_id:v50 | PK route",
    "paging_groups": "page_number:v50!= ext:v25!= | PK page_number,ext",
    "parkplus": (
        "id:b+ defaultlot:v10!=no type:v10!=public name:v40!= parkext:v40!= parkpos:v40!= numslots:i!=4 "
        "parkingtime:i!=45 parkedmusicclass:v100=default generatefc:v10!=yes findslot:v10!=first parkedplay:v10!=both "
        "parkedcalltransfers:v10!=caller parkedcallreparking:v10!=caller alertinfo:v254!= rvolume:v2!= cidpp:v100!= "
        "autocidpp:v10!=none announcement_id:i comebacktoorigin:v10!=yes dest:v100!=app-blackhole,hangup,1 | PK id"
    ),
    "pjsip": "id:v20!=-1 keyword:v30!= data:v8100! flags:i!=0 | PK id,keyword",
    "presencestate_list": "id:i+ type:v25 message:v80 | PK id",
    "presencestate_prefs": "extension:v20! item_id:i! pref:v25 | PK extension,item_id",
    "queues_config": (
        "extension:v20!= descr:v35!= grppre:v100!= alertinfo:v254!= ringing:t!=0 maxwait:v8!= password:v20!= "
        "ivr_id:v8!=0 dest:v50!= cwignore:t!=0 queuewait:t=0 use_queue_context:t=0 togglehint:t=0 qnoanswer:t=0 "
        "callconfirm:t=0 callconfirm_id:i qregex:v255 agentannounce_id:i joinannounce_id:i monitor_type:v5 "
        "monitor_heard:i monitor_spoken:i callback_id:v8!= | PK extension"
    ),
    "queues_details": "id:v45!=-1 keyword:v30!= data:v150!= flags:i!=0 | PK id,keyword,data",
    "recordings": "id:i+ displayname:v50 filename:B description:v254 fcode:t=0 fcode_pass:v20 fcode_lang:v20 | PK id",
    "ringgroups": (
        "grpnum:v20! strategy:v50! grptime:s! grppre:v100 grplist:v255! annmsg_id:i postdest:v255 description:v35! "
        "alertinfo:v255 remotealert_id:i needsconf:v10 toolate_id:i ringing:v80 cwignore:v10 cfignore:v10 cpickup:v10 "
        "recording:v10=dontcare progress:v10 elsewhere:v10 rvolume:v2!= | PK grpnum"
    ),
    "setcid": "cid_id:i+ cid_name:v150 cid_num:v150 description:v50 dest:v255 | PK cid_id",
    "sip": "id:v20!=-1 keyword:v30!= data:v8100! flags:i!=0 | PK id,keyword",
    "sipsettings": "keyword:v50!= seq:t!=0 type:t!=0 data:v255!= | PK keyword,seq,type",
    "soundlang_customlangs": "id:i+ language:v20! description:v80! | PK id",
    "soundlang_settings": "keyword:v20! value:v80! | PK keyword",
    "timeconditions": (
        "timeconditions_id:i+ displayname:v50 time:i truegoto:v50 falsegoto:v50 deptname:v50 generate_hint:t=0 "
        "invert_hint:t=0 fcc_password:v20= priority:v50 timezone:v255 mode:v20=time-group calendar_id:v150 "
        "calendar_group_id:v150 | PK timeconditions_id"
    ),
    "timegroups_details": "id:i+ timegroupid:i!=0 time:v100!= | PK id",
    "timegroups_groups": "id:i+ description:v50!= | PK id | UQ description",
    "trunk_dialpatterns": (
        "trunkid:i!=0 match_pattern_prefix:v50!= match_pattern_pass:v50!= prepend_digits:v50!= seq:i!=0 | PK "
        "trunkid,match_pattern_prefix,match_pattern_pass,prepend_digits,seq"
    ),
    "trunks": (
        "trunkid:i!=0 tech:v20! channelid:v190!= name:v50!= outcid:v255!= keepcid:v4=off maxchans:v6= "
        "failscript:v255!= dialoutprefix:v255!= usercontext:v255 provider:v40 disabled:v4=off continue:v4=off "
        "routedisplay:v4=on | PK trunkid,tech,channelid"
    ),
    "userman_call_activity_groups": "id:i+ groupname:v150 description:v255 | PK id",
    "userman_call_activity_users": (
        "id:i+ uid:v40!= act_grp_id:v40!= | PK id | UQ uid,act_grp_id | IX act_grp_id | IX uid"
    ),
    "userman_groups": (
        "id:i+ auth:v150=freepbx authid:v750 groupname:v150 description:v255 language:v100 timezone:v100 "
        "dateformat:v100 timeformat:v100 datetimeformat:v100 priority:i!=5 users:B permissions:B local:i!=0 | PK id | "
        "UQ groupname,auth"
    ),
    "userman_groups_settings": (
        "gid:i! module:v65! key:v190! val:B! type:v16 | UQ gid,module,key | IX gid,key | IX module,gid"
    ),
    "userman_template_settings": (
        "tid:i! module:v65! key:v190! val:B! type:v16 | UQ tid,module,key | IX tid,key | IX module,tid"
    ),
    "userman_ucp_templates": (
        "id:i+ templatename:v150! description:v255 importedfromuname:v255 importedfromuid:v255 defaultexten:v255 "
        "hasupdated:t!=0 | PK id"
    ),
    "userman_users": (
        "id:i+ auth:v150=freepbx authid:v750 username:v150 description:v255 password:v255 default_extension:v45!=none "
        "primary_group:i permissions:B fname:v100 lname:v100 displayname:v200 title:v100 company:v100 department:v100 "
        "language:v100 timezone:v100 dateformat:v100 timeformat:v100 datetimeformat:v100 email:T cell:v100 work:v100 "
        "home:v100 fax:v100 | PK id | UQ username,auth"
    ),
    "userman_users_settings": (
        "uid:i! module:v65! key:v190! val:B! type:v16 | UQ uid,module,key | IX uid,key | IX module,uid"
    ),
    "users": (
        "extension:v20!= password:v20 name:v50 voicemail:v50 ringtimer:i noanswer:v100 recording:v50 outboundcid:v50 "
        "sipname:v50 noanswer_cid:v20!= busy_cid:v20!= chanunavail_cid:v20!= noanswer_dest:v255!= busy_dest:v255!= "
        "chanunavail_dest:v255!= mohclass:v80=default | IX extension"
    ),
    "vmblast": "grpnum:b! description:v35! audio_label:i!=-1 password:v20! | PK grpnum",
    "vmblast_groups": "grpnum:b! ext:v25!= | PK grpnum,ext",
    "voicemail_admin": "variable:v30!= value:v80!= | PK variable",
}
"""The tables of `asterisk` by name; the key-value stores of modules, all of one shape, come on top."""

RECORDS: dict[str, str] = {
    "cdr": (
        "calldate:d!=1000-01-01 clid:v80!= src:v80!= dst:v80!= dcontext:v80!= channel:v80!= dstchannel:v80!= "
        "lastapp:v80!= lastdata:v80!= duration:i!=0 billsec:i!=0 disposition:v45!= amaflags:i!=0 accountcode:v20!= "
        "uniqueid:v32!= userfield:v255!= did:v50!= recordingfile:v255!= cnum:v80!= cnam:v80!= outbound_cnum:v80!= "
        "outbound_cnam:v80!= dst_cnam:v80!= linkedid:v32!= peeraccount:v80!= sequence:i!=0 | IX calldate | IX dst | "
        "IX accountcode | IX uniqueid | IX did | IX recordingfile"
    ),
    "cel": (
        "id:i+ eventtype:v30! eventtime:d! cid_name:v80! cid_num:v80! cid_ani:v80! cid_rdnis:v80! cid_dnid:v80! "
        "exten:v80! context:v80! channame:v80! appname:v80! appdata:v1024 amaflags:i! accountcode:v20! uniqueid:v32! "
        "linkedid:v32! peer:v255! userdeftype:v255! extra:v512! | PK id | IX uniqueid | IX linkedid | IX context"
    ),
}
"""The tables of `asteriskcdrdb`."""

_KEYS = {"PK": "PRIMARY KEY", "UQ": "UNIQUE KEY", "IX": "KEY"}
_COLUMN = re.compile(r"(?P<name>\w+):(?P<type>[vc]\d+|[iusStbdBT])(?P<never>!)?(?P<counted>\+)?(=(?P<default>.*))?")


def schema() -> str:
    """Return the statements that make all tables of `asterisk`, empty."""
    return "".join(create(name, text) for name, text in {**TABLES, **dict.fromkeys(_STORES, STORE)}.items())


def records() -> str:
    """Return the statements that make the tables of `asteriskcdrdb`, empty."""
    return "".join(create(name, text) for name, text in RECORDS.items())


def names() -> tuple[str, ...]:
    """Return the names of all tables of `asterisk`."""
    return (*TABLES, *_STORES)


def create(name: str, text: str, *, again: bool = False) -> str:
    """Return the statement that makes a table of this shape; again: it may be there already, and stays as it is."""
    columns, *keys = text.split(" | ")
    parts = [_column(one) for one in columns.split(" ")] + [_key(one) for one in keys]
    lines = ",\n  ".join(parts)
    unless = "IF NOT EXISTS " if again else ""
    return f"CREATE TABLE {unless}`{name}` (\n  {lines}\n) ENGINE=InnoDB CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;\n"


def _column(text: str) -> str:
    found = _COLUMN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is no column")
    kind = found["type"]
    size = {"v": f"VARCHAR({kind[1:]})", "c": f"CHAR({kind[1:]})"}.get(kind[0], _TYPES.get(kind, ""))
    if found["counted"]:
        return f"`{found['name']}` {size} NOT NULL AUTO_INCREMENT"
    default = f" DEFAULT '{found['default']}'" if found["default"] is not None else ""
    return f"`{found['name']}` {size}{' NOT NULL' if found['never'] else ''}{default}"


def _key(text: str) -> str:
    kind, _, columns = text.partition(" ")
    quoted = ", ".join(re.sub(r"^\w+", lambda found: f"`{found[0]}`", one) for one in columns.split(","))
    return f"{_KEYS[kind]} ({quoted})"
