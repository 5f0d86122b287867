"""The call flow of a generated PBX: dialplan, queues, music classes, conferences, parking and features."""

from collections.abc import Iterable, Sequence

from scripts.lab.people import Person

QUEUES = (3001, 3002, 3003, 3004, 3005, 3006)
CLASSES = ("default", "calm")

_MAIN = """\
[general]
static = yes
writeprotect = yes
clearglobalvars = no

[globals]
#include globals_custom.conf

#include extensions_internal.conf
#include extensions_flow.conf
#include extensions_custom.conf
"""

_INTERNAL = """\
[from-internal]
include => from-internal-custom
include => ext-local
include => ext-queues
include => ext-conferences
include => ext-features
include => ivrs
include => outbound

[from-trunk]
exten => _X.,1,NoOp(Call to ${EXTEN})
 same => n,Goto(office-hours,s,1)

[sub-ring]
exten => s,1,Set(target=${ARG1})
 same => n,GotoIf($["${DB(DND/${target})}" != ""]?away)
 same => n,Dial(PJSIP/${target},${RINGTIME},tT)
 same => n,GotoIf($["${DIALSTATUS}" = "BUSY"]?busy)
 same => n(away),VoiceMail(${target}@default,u)
 same => n,Return()
 same => n(busy),VoiceMail(${target}@default,b)
 same => n,Return()

[ext-local]
"""

_FLOW = """\
[office-hours]
exten => s,1,Answer()
 same => n,GotoIfTime(09:00-18:00,mon-fri,*,*?ivr-main,s,1)
 same => n,GotoIfTime(09:00-14:00,sat,*,*?ivr-main,s,1)
 same => n,Goto(closed,s,1)

[closed]
exten => s,1,Answer()
 same => n,Playback(custom/closed)
 same => n,VoiceMail({operator}@default,u)
 same => n,Hangup()

[holidays]
exten => s,1,GotoIfTime(*,*,25,dec?closed,s,1)
 same => n,GotoIfTime(*,*,1,jan?closed,s,1)
 same => n,Goto(office-hours,s,1)

[ivr-main]
exten => s,1,Answer()
 same => n,Set(TIMEOUT(digit)=3)
 same => n,Background(custom/welcome)
 same => n,WaitExten(10)
exten => 1,1,Goto(ext-queues,{sales},1)
exten => 2,1,Goto(ext-queues,{support},1)
exten => 0,1,Goto(ext-local,{operator},1)
exten => i,1,Playback(custom/menu)
 same => n,Goto(s,1)
exten => t,1,Goto(ext-local,{operator},1)

[ivr-night]
exten => s,1,Answer()
 same => n,Background(custom/closed)
 same => n,WaitExten(5)
exten => 1,1,VoiceMail({operator}@default,u)
exten => t,1,Hangup()

[ivrs]
exten => 7001,1,Goto(ivr-main,s,1)
exten => 7002,1,Goto(ivr-night,s,1)
exten => 7003,1,Goto(holidays,s,1)

[ext-conferences]
exten => 8001,1,Answer()
 same => n,ConfBridge(8001,office_bridge,office_user,office_menu)
exten => 8002,1,Answer()
 same => n,ConfBridge(8002,office_bridge,office_user,office_menu)

[ext-features]
exten => *43,1,Answer()
 same => n,Echo()
exten => *60,1,Answer()
 same => n,SayUnixTime()
exten => *76,1,Set(DB(DND/${{CALLERID(num)}})=YES)
 same => n,Set(DEVICE_STATE(Custom:DND${{CALLERID(num)}})=BUSY)
 same => n,Playback(custom/menu)
exten => *79,1,NoOp(${{DB_DELETE(DND/${{CALLERID(num)}})}})
 same => n,Set(DEVICE_STATE(Custom:DND${{CALLERID(num)}})=NOT_INUSE)
exten => *97,1,VoiceMailMain(${{CALLERID(num)}}@default)
exten => *98,1,VoiceMailMain()
exten => _**XXXX,1,Pickup(${{EXTEN:2}}@ext-local)

[outbound]
exten => _9X.,1,Playback(custom/menu)
 same => n,Congestion(5)
exten => 112,1,Goto(_9X.,1)
"""

_QUEUES = """\
[general]
persistentmembers = yes
autofill = yes
monitor-type = MixMonitor
shared_lastcall = yes
log_membername_as_agent = yes

"""


def dialplan_files(people: Sequence[Person], queues: Sequence[int]) -> dict[str, str]:
    """Return extensions.conf and the files that it includes."""
    operator = people[0].number
    flow = _FLOW.format(operator=operator, sales=queues[0], support=queues[-1])
    return {
        "extensions.conf": _MAIN,
        "globals_custom.conf": f"OPERATOR = {operator}\nRINGTIME = 25\nCOMPANY = Compañía de Ejemplo\n",
        "extensions_internal.conf": _INTERNAL + "".join(_extension(one) for one in people),
        "extensions_flow.conf": flow + "\n[ext-queues]\n" + "".join(_queue_extension(one) for one in queues),
        "extensions_custom.conf": (
            "[from-internal-custom]\nexten => 1234,1,Answer()\n same => n,Playback(custom/welcome)\n"
            " same => n,Hangup()\n"
        ),
    }


def _extension(one: Person) -> str:
    n = one.number
    # Lamps for every third one only: each state change of a lamp costs Asterisk time at every start.
    hint = f"exten => {n},hint,PJSIP/{n}&Custom:DND{n}\n" if n % 3 == 0 else ""
    return (
        f"; {one.name}\n{hint}exten => {n},1,Gosub(sub-ring,s,1({n}))\n same => n,Hangup()\n"
        f"exten => *{n},1,VoiceMail({n}@default,s)\n same => n,Hangup()\n"
    )


def _queue_extension(number: int) -> str:
    return (
        f"exten => {number},1,Answer()\n same => n,Set(QUEUE_MAX_PENALTY=5)\n"
        f" same => n,Queue({number},t,,,300)\n same => n,VoiceMail(${{OPERATOR}}@default,u)\n same => n,Hangup()\n"
    )


def queues_file(people: Sequence[Person], queues: Sequence[int]) -> str:
    """Return queues.conf; each queue has up to ten members, picked by their position."""
    return _QUEUES + "\n".join(_queue(number, people[at :: len(queues)][:10]) for at, number in enumerate(queues))


def _queue(number: int, members: Iterable[Person]) -> str:
    strategy = ("ringall", "rrmemory", "leastrecent", "fewestcalls", "random", "linear")[number % 6]
    lines = "".join(
        f"member => Local/{one.number}@ext-local/n,{one.number % 3},{one.name},PJSIP/{one.number}\n" for one in members
    )
    return (
        f"[{number}]\nmusicclass = {CLASSES[number % 2]}\nstrategy = {strategy}\ntimeout = 15\nretry = 5\n"
        f"wrapuptime = 3\nmaxlen = 20\nringinuse = no\njoinempty = yes\nannounce-frequency = 60\n{lines}"
    )


def feature_files(classes: Sequence[str] = CLASSES) -> dict[str, str]:
    """Return musiconhold, confbridge, features and parking."""
    music = "".join(f"[{name}]\nmode = files\ndirectory = moh/{name}\nsort = alpha\n\n" for name in classes)
    return {
        "musiconhold.conf": f"[general]\n\n{music}",
        "confbridge.conf": (
            "[general]\n\n[office_user]\ntype = user\nmusic_on_hold_when_empty = yes\nannounce_user_count = yes\n\n"
            "[office_bridge]\ntype = bridge\nmax_members = 25\n\n[office_menu]\ntype = menu\n1 = toggle_mute\n"
            "4 = decrease_listening_volume\n6 = increase_listening_volume\n"
        ),
        "features.conf": (
            "[general]\ntransferdigittimeout = 3\npickupexten = *8\n\n[featuremap]\nblindxfer = ##\natxfer = *2\n"
            "automixmon = *1\n\n[applicationmap]\n#include features_applicationmap_custom.conf\n"
        ),
        "features_applicationmap_custom.conf": "nightmode = *7,self/caller,Playback,custom/closed\n",
        "res_parking.conf": (
            "[general]\nparkeddynamic = no\n\n[default]\nparkext => 700\nparkpos => 701-720\ncontext => parkedcalls\n"
            "parkinghints = yes\nparkingtime => 90\nfindslot => next\nparkedmusicclass = default\n"
        ),
    }
