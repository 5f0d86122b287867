"""Small audio files made of tones: u-law for music and prompts, WAV for recordings; 8000 samples a second, mono."""

import math
import struct
from collections.abc import Sequence

RATE = 8000


def tone(frequencies: Sequence[float], seconds: float) -> list[int]:
    """Return 16-bit samples that play the frequencies (Hz) one after the other, each for an equal share."""
    total = int(RATE * seconds)
    each = max(1, total // len(frequencies))
    return [_sample(frequencies[min(at // each, len(frequencies) - 1)], at) for at in range(total)]


def _sample(frequency: float, at: int) -> int:
    return int(6000 * math.sin(2 * math.pi * frequency * at / RATE))


def ulaw(samples: Sequence[int]) -> bytes:
    """Encode 16-bit samples as G.711 u-law, one byte each."""
    return bytes(_ulaw_byte(sample) for sample in samples)


def _ulaw_byte(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 0x84
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | exponent << 4 | mantissa) & 0xFF


def wav(samples: Sequence[int]) -> bytes:
    """Encode 16-bit samples as a RIFF WAV file with PCM."""
    data = struct.pack(f"<{len(samples)}h", *samples)
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(data),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        RATE,
        2 * RATE,
        2,
        16,
        b"data",
        len(data),
    )
    return head + data
