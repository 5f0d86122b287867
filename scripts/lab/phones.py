"""The phones of a generated PBX: pjsip objects and voicemail boxes."""

from collections.abc import Iterable

from scripts.lab.people import Person

_ENDPOINT = """\
[{n}]
type = endpoint
context = from-internal
disallow = all
allow = {codecs}
aors = {n}
auth = {n}-auth
callerid = "{name}" <{n}>
mailboxes = {n}@default
language = {language}
moh_suggest = {music}
direct_media = no
dtmf_mode = rfc4733
rtp_symmetric = yes
force_rport = yes
rewrite_contact = yes
device_state_busy_at = 2
call_group = {group}
pickup_group = {group}
named_call_group = team{group}
trust_id_inbound = yes
send_pai = yes
send_rpid = no
t38_udptl = no
inband_progress = no
refer_blind_progress = yes
notify_early_inuse_ringing = yes
aggregate_mwi = yes
media_encryption = no
rtp_timeout = 30
rtp_timeout_hold = 300
set_var = CALLERNUM={n}
"""
_AUTH = """\
[{n}-auth]
type = auth
auth_type = digest
username = {n}
password = {password}
"""
_AOR = """\
[{n}]
type = aor
max_contacts = {contacts}
remove_existing = yes
qualify_frequency = 60
minimum_expiration = 60
maximum_expiration = 7200
default_expiration = 3600
"""
_CODECS = ("ulaw,alaw,g722", "alaw,ulaw,gsm", "g722,alaw,ulaw")
_LANGUAGES = ("en_US", "en_US", "es", "fr")
_MUSIC = ("default", "default", "calm")

PJSIP = """\
[global]
type = global
user_agent = Office PBX
default_from_user = pbx
keep_alive_interval = 90

#include pjsip.transports_custom.conf
#include pjsip.endpoints.conf
#include pjsip.auths.conf
#include pjsip.aors.conf
#include pjsip_custom.conf
"""


def pjsip_files(people: Iterable[Person]) -> dict[str, str]:
    """Return pjsip.conf and the files that it includes, without the transports."""
    people = tuple(people)
    return {
        "pjsip.conf": PJSIP,
        "pjsip.endpoints.conf": "\n".join(_endpoint(one) for one in people),
        "pjsip.auths.conf": "\n".join(_AUTH.format(n=one.number, password=one.password) for one in people),
        "pjsip.aors.conf": "\n".join(_AOR.format(n=one.number, contacts=1 + one.number % 3) for one in people),
        "pjsip_custom.conf": "; Own additions to pjsip.conf\n",
    }


def _endpoint(one: Person) -> str:
    n = one.number
    return _ENDPOINT.format(
        n=n,
        name=one.name,
        codecs=_CODECS[n % len(_CODECS)],
        language=_LANGUAGES[n % len(_LANGUAGES)],
        music=_MUSIC[n % len(_MUSIC)],
        group=1 + n % 12,
    )


_VOICEMAIL = """\
[general]
format = wav
serveremail = pbx@pbx.example
attach = yes
maxmsg = 100
maxsecs = 300
minsecs = 3
maxsilence = 2
silencethreshold = 128
maxlogins = 3
pollmailboxes = yes
pollfreq = 10
sendvoicemail = yes
charset = UTF-8
emailsubject = New message for ${VM_NAME}

[zonemessages]
madrid = Europe/Madrid|'vm-received' Q 'digits/at' R
central = America/Chicago|'vm-received' Q 'digits/at' IMp

[default]
"""


def voicemail_file(people: Iterable[Person]) -> str:
    """Return voicemail.conf with one mailbox for each person."""
    return _VOICEMAIL + "".join(_mailbox(one) for one in people)


def _mailbox(one: Person) -> str:
    attach = "yes" if one.number % 2 else "no"
    return f"{one.number} => {one.pin},{one.name},{one.mail},,attach={attach}|tz=madrid|delete=no\n"
