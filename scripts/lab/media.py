"""The audio and the voicemail spool of a generated PBX; paths are relative to the folder of the PBX."""

import random
from collections.abc import Sequence

from scripts.lab.audio import tone, ulaw, wav
from scripts.lab.people import Person

_NOTES = (262.0, 294.0, 330.0, 349.0, 392.0, 440.0, 494.0, 523.0)
SOUNDS = "var/lib/asterisk/sounds/en/custom"
MUSIC = "var/lib/asterisk/moh"
VOICEMAIL = "var/spool/asterisk/voicemail/default"


def media_files(people: Sequence[Person], classes: Sequence[str], songs: int, seed: int) -> dict[str, bytes]:
    """Return `songs` pieces of music for each class, the prompts, and what lies in the mailboxes."""
    source = random.Random(f"media-{seed}")
    files: dict[str, bytes] = {}
    for name in classes:
        for at in range(songs):
            files[f"{MUSIC}/{name}/song-{at + 1}.ulaw"] = ulaw(tone(source.choices(_NOTES, k=8), 3))
    for prompt in ("welcome", "menu", "closed"):
        files[f"{SOUNDS}/{prompt}.wav"] = wav(tone(source.choices(_NOTES, k=4), 1))
    for one in people[::10]:
        files[f"{VOICEMAIL}/{one.number}/unavail.wav"] = wav(tone(source.choices(_NOTES, k=3), 1))
    for one in people[::25]:
        files |= _messages(one, people, source)
    return files


def _messages(box: Person, people: Sequence[Person], source: random.Random) -> dict[str, bytes]:
    folder = f"{VOICEMAIL}/{box.number}/INBOX"
    files: dict[str, bytes] = {}
    for at in range(source.randint(1, 3)):
        caller = source.choice(people)
        when = 1_700_000_000 + source.randrange(10_000_000)
        seconds = source.randint(1, 3)
        files[f"{folder}/msg{at:04d}.wav"] = wav(tone(source.choices(_NOTES, k=4), seconds))
        files[f"{folder}/msg{at:04d}.txt"] = (
            f";\n; Message Information file\n;\n[message]\norigmailbox={box.number}\ncontext=ext-local\nmacrocontext=\n"
            f"exten={box.number}\nrdnis=\npriority=2\ncallerchan=PJSIP/{caller.number}-{at:08x}\n"
            f'callerid="{caller.name}" <{caller.number}>\norigdate=\norigtime={when}\ncategory=\n'
            f"msg_id={when}-{at:08x}\nflag=\nduration={seconds}\n"
        ).encode()
    return files
