"""Voicemail, prompts and call recordings of a PBX with a thousand phones."""

import random
from collections.abc import Iterator, Sequence

from benchmarks.work.audio import Voice
from scripts.lab.people import Person

BEGAN = 1_750_000_000
"""Seconds since 1970 of the first file; files follow one second apart."""
MESSAGES = 5000
PROMPTS = 3000
ANNOUNCEMENTS = 300

File = tuple[str, bytes, int]
"""Path, content, and seconds since 1970."""


def voicemail(people: Sequence[Person], seed: int) -> Iterator[File]:
    """Yield the messages of every mailbox: a sound of 6 to 100 kB and its text."""
    source, voice = random.Random(f"voicemail-{seed}"), Voice(f"voicemail-{seed}")
    next_number: dict[tuple[int, str], int] = {}
    for at in range(MESSAGES):
        person = people[min(len(people) - 1, int(len(people) * source.random() ** 1.3))]
        folder = "INBOX" if source.random() < 0.7 else "Old"
        number = next_number.get((person.number, folder), 0)
        next_number[person.number, folder] = number + 1
        path = f"voicemail/default/{person.number}/{folder}/msg{number:04d}"
        yield from message(path, person.number, BEGAN + at, source, voice)


def message(path: str, box: int, at: int, source: random.Random, voice: Voice) -> Iterator[File]:
    """Yield the two files of one message; path: without its ending."""
    size = int(6000 * (100_000 / 6000) ** (source.random() ** 0.85))
    sound = voice.wav(size, telephone=at % 10 < 7)
    yield f"{path}.wav", sound, at
    yield f"{path}.txt", _text(box, at, len(sound) // 16000, source).encode(), at


def _text(box: int, at: int, seconds: int, source: random.Random) -> str:
    caller = source.randrange(2 * 10**9, 9 * 10**9)
    return (
        ";\n; Message Information file\n;\n[message]\n"
        f"origmailbox={box}\ncontext=macro-vm\nmacrocontext=ext-local\nexten=s-NOANSWER\nrdnis=unknown\npriority=2\n"
        f'callerchan=PJSIP/trunk-{source.getrandbits(32):08x}\ncallerid="Caller {caller % 997}" <1{caller}>\n'
        f"origdate=Mon Jun  2 10:{at % 60:02d}:00 UTC 2025\norigtime={at}\ncategory=\n"
        f"msg_id={at}-{source.getrandbits(32):08x}\nflag=\nduration={seconds}\n"
    )


def prompts(seed: int) -> Iterator[File]:
    """Yield the prompts of one language, nine of ten as GSM, and the announcements of the house."""
    source, voice = random.Random(f"prompts-{seed}"), Voice(f"prompts-{seed}")
    for number in range(PROMPTS):
        if number % 10 == 0:
            sound = voice.wav(source.randrange(8000, 60_000), telephone=False)
            yield f"sounds/en/prompt-{number:04d}.wav", sound, BEGAN + number
            continue
        folder = ("digits/", "letters/", "phonetic/", "")[number % 4]
        # A GSM frame is 33 bytes that begin with 0xd.
        sound = b"".join(b"\xd0" + source.randbytes(32) for _ in range(source.randrange(50, 500)))
        yield f"sounds/en/{folder}prompt-{number:04d}.gsm", sound, BEGAN + number
    for number in range(ANNOUNCEMENTS):
        sound = voice.wav(source.randrange(20_000, 160_000), telephone=False)
        yield f"sounds/custom-ivr/ivr-{number:03d}.wav", sound, BEGAN + number


def recordings(count: int, seed: int) -> Iterator[File]:
    """Yield so many short call recordings, in a folder for each day."""
    source = random.Random(f"recordings-{seed}")
    for number in range(count):
        day, at = number // 1000, BEGAN + number
        path = f"monitor/2025/{1 + day // 28:02d}/{1 + day % 28:02d}/out-{number:06d}-{at}.gsm"
        yield path, b"\xd0" + source.randbytes(65), at


def large(pieces: int, seed: int) -> Iterator[bytes]:
    """Yield one long recording, 4 MiB a piece."""
    voice = Voice(f"large-{seed}")
    for _ in range(pieces):
        yield voice.samples(2**21)
