"""The demo track: five movements of music out of numpy, with every onset, beat and bar known to the sample.

120 beats a minute: a beat is half a second, 15 frames at 30 a second, so that cuts on beats fall on frames.
Everything is additive synthesis, shaped noise and one convolved room; the same on every run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.formats.replace_file import replace_file
from engine.formats.sound import Sound, write_sound
from tools.demo_voices import RATE, bass_note, hat, impulse_room, kick, low_pass, pad_chord, pluck, rim, riser, snare

Mono: TypeAlias = npt.NDArray[np.float64]
Stereo: TypeAlias = npt.NDArray[np.float64]  # shape (frames, 2)

BPM = 120
BEATS_A_BAR = 4
BEAT = RATE * 60 // BPM  # samples
BAR = BEAT * BEATS_A_BAR
STEP = BEAT // 4

# Raise it when the same score begins to sound otherwise.
_VERSION = 1
_PEAK_DB = -1.0
_LOUDNESS_DB = -16.0


@dataclass(frozen=True, slots=True)
class Section:
    """One movement's music: its bars, one chord a bar, and a rhythm a bar for each drum (16 steps, x hits, o soft)."""

    name: str
    chords: tuple[str, ...]
    drums: dict[str, str] = field(default_factory=dict)
    bass: str = "................"
    pluck: str = "................"
    pad: float = 1.0
    level: float = 1.0  # of every note
    quiet_bars: dict[str, int] = field(default_factory=dict)  # how many bars an instrument waits before it enters

    @property
    def bars(self) -> int:
        return len(self.chords)


# Root of the bass, then the pad's notes, as semitones above A1 (55 Hz).
_CHORDS: dict[str, tuple[float, tuple[int, ...]]] = {
    "Dm9": (-7, (17, 24, 27, 32, 36)),
    "Bb^": (-11, (13, 20, 25, 29, 36)),
    "F": (-4, (20, 24, 27, 32, 39)),
    "C": (-9, (15, 22, 27, 31, 39)),
    "Gm": (-2, (22, 25, 29, 32, 37)),
    "Asus": (0, (19, 24, 29, 31, 36)),
    "A": (0, (19, 24, 28, 31, 36)),
    "D": (-7, (17, 24, 29, 33, 41)),
}

SECTIONS = (
    Section(
        "orientation",
        ("Dm9", "Dm9", "Bb^", "Bb^", "F", "C"),
        {"kick": "x...............", "rim": "....x.....x..x..", "hat": "..o...o...o...o."},
        bass="x.........x.....",
        pluck="x..x..x.....x...",
        pad=0.8,
        level=0.72,
        quiet_bars={"kick": 1, "rim": 2, "hat": 4, "bass": 1},
    ),
    Section(
        "elemental",
        ("Dm9", "Dm9", "Bb^", "Bb^", "F", "F", "C", "C"),
        {
            "kick": "x.....x...x.....",
            "snare": "....x.......x...",
            "hat": "x.o.x.o.x.o.x.oo",
        },
        bass="x..x..x...x..x..",
        pluck="......x.....x...",
        pad=0.85,
    ),
    Section(
        "built",
        ("Gm", "Gm", "Dm9", "Dm9", "Bb^", "Bb^", "Asus", "A"),
        {
            "kick": "x...x...x...x.x.",
            "snare": "....x.......x..o",
            "hat": "o.xoo.xoo.xoo.xo",
            "rim": "x..x..x..x..x..x",
        },
        bass="x.xx..x.x.xx..x.",
        pluck="x.x.xx.x.x.xx.x.",
        pad=0.55,
    ),
    Section(
        "people",
        ("Bb^", "F", "Gm", "Dm9", "Asus"),
        {"kick": "x.o.............", "rim": "............x..."},
        bass="x...............",
        pluck="x.....x...x...x.",
        pad=1.0,
        level=0.72,
        quiet_bars={"kick": 1, "rim": 2},
    ),
    Section(
        "blur",
        ("Dm9", "Bb^", "F", "C", "D", "D"),
        {"kick": "x.........x.....", "snare": "........x.......", "hat": "x...x...x...x.o."},
        bass="x.....x...x.....",
        pluck="x...x..x....x...",
        pad=1.1,
    ),
)
_LAST_HIT_BAR = 4  # of the last section: one great chord, then only its room
_LEVELS = {"kick": 0.95, "snare": 0.62, "hat": 0.2, "rim": 0.34, "bass": 0.46, "pluck": 0.24, "pad": 0.105}
_MELODY = (0, 3, 2, 4, 1, 3, 4, 2)  # which note of the chord a pluck takes, one after another


@dataclass(frozen=True, slots=True)
class Note:
    """One hit: when it begins (samples), on what, how hard (0..1), and for pitched ones how high (semitones)."""

    at: int
    instrument: str
    strength: float
    pitch: float = 0.0
    chord: str = ""


def bar_count() -> int:
    return sum(section.bars for section in SECTIONS)


def score() -> list[Note]:
    """Every note of the track, in time order."""
    notes: list[Note] = []
    bar = 0
    for section in SECTIONS:
        for index, chord in enumerate(section.chords):
            notes += _bar(section, index, chord, (bar + index) * BAR)
        bar += section.bars
    return sorted(notes, key=lambda note: (note.at, note.instrument))


def _bar(section: Section, index: int, chord: str, at: int) -> list[Note]:
    last = section is SECTIONS[-1]
    if last and index > _LAST_HIT_BAR:
        return []
    root, tones = _CHORDS[chord]
    notes = [Note(at, "pad", section.pad * section.level, chord=chord)]
    if last and index == _LAST_HIT_BAR:
        hits = [Note(at, name, 1.0, root) for name in ("kick", "snare", "bass")]
        return [*notes, *hits, Note(at, "pluck", 0.9, tones[4])]
    lines = {**section.drums, "bass": section.bass, "pluck": section.pluck}
    if index == section.bars - 1 and not last:
        lines = _with_fill(section, lines)
    for name, line in lines.items():
        if index < section.quiet_bars.get(name, 0):
            continue
        for step, mark in enumerate(line):
            if mark == ".":
                continue
            strength = section.level * (1.0 if mark == "x" else 0.5) * (1.0 if step % 4 == 0 else 0.86)
            pitch = 0.0
            if name == "bass":
                pitch = root + (12 if step % 8 == 6 else 0)
            elif name == "pluck":
                pitch = tones[_MELODY[(step + 3 * index) % len(_MELODY)]] + (12 if (index + step) % 5 == 0 else 0)
            notes.append(Note(at + step * STEP, name, strength, pitch))
    return notes


def _with_fill(section: Section, lines: dict[str, str]) -> dict[str, str]:
    """The last bar of a section leads into the next: a roll, and room before the boundary."""
    fills = {
        "orientation": {"snare": "............o.ox"},
        "elemental": {"snare": "....x.....x.xoxx", "kick": "x.....x........."},
        "built": {"snare": "....x.......x...", "kick": "x...x...........", "hat": "o.xoo.xo........"},
        "people": {"snare": "........o.o.oxxx"},
    }
    return {**lines, **fills.get(section.name, {})}


def synthesise() -> Stereo:
    """The whole track, float, peaks at −1 dBFS."""
    length = bar_count() * BAR
    notes = score()
    buses = {name: np.zeros((length, 2)) for name in ("drums", "bass", "pad", "pluck", "room")}
    for number, note in enumerate(notes):
        _play(buses, note, number)
    _risers(buses["room"])
    duck = _ducking([note for note in notes if note.instrument == "kick"], length)
    wet = _delayed(buses["pluck"])
    dry = buses["drums"] + buses["bass"] * (1 - 0.55 * duck) + (buses["pad"] + 0.8 * buses["pluck"]) * (1 - 0.5 * duck)
    send = 0.55 * buses["pad"] + 0.9 * wet + buses["room"] + 0.14 * buses["drums"]
    return _mastered(dry + wet * 0.5 + _roomed(send) * 0.5)


def _play(buses: dict[str, Stereo], note: Note, number: int) -> None:
    level = _LEVELS[note.instrument] * note.strength
    name = note.instrument
    if name == "pad":
        root, tones = _CHORDS[note.chord]
        _mix(buses["pad"], pad_chord((root + 12, *tones), BAR), note.at - RATE // 4, level)
    elif name == "bass":
        _mix(buses["bass"], bass_note(note.pitch, 3 * STEP), note.at, level)
    elif name == "pluck":
        _mix(buses["pluck"], _panned(pluck(note.pitch), 0.55 * np.sin(2.4 * number)), note.at, level)
    else:
        made = {"kick": kick, "snare": snare, "rim": rim}.get(name)
        sound = made() if made else hat(number, is_open=note.at // STEP % 16 == 14)
        pan = {"hat": 0.28, "rim": -0.42}.get(name, 0.0)
        _mix(buses["drums"], _panned(sound, pan), note.at, level)
        if name in ("snare", "rim"):
            _mix(buses["room"], _panned(sound, -pan), note.at, 0.5 * level)


def _panned(sound: Mono, pan: float) -> Stereo:
    """Mono at `pan` −1 (left) to 1, at constant power."""
    angle = (pan + 1) * np.pi / 4
    return np.asarray(np.stack([sound * np.cos(angle), sound * np.sin(angle)], axis=1) * np.sqrt(2))


def _mix(bus: Stereo, sound: npt.NDArray[np.float64], at: int, level: float) -> None:
    stereo = sound if sound.ndim == 2 else np.stack([sound, sound], axis=1)
    begin, end = max(at, 0), min(at + len(stereo), len(bus))
    bus[begin:end] += level * stereo[begin - at : end - at]


def _risers(room: Stereo) -> None:
    """Noise that swells into each new section."""
    bar = 0
    for section in SECTIONS[:-1]:
        bar += section.bars
        sweep = riser(BAR * 3 // 2)
        _mix(room, sweep, bar * BAR - len(sweep), 0.11)


def _ducking(kicks: list[Note], length: int) -> npt.NDArray[np.float64]:
    """How much the kick pushes the rest down: 1 as it hits, gone after a third of a second. Shape (frames, 1)."""
    duck = np.zeros(length)
    fall = np.exp(-np.arange(RATE // 3) / (0.09 * RATE))
    for note in kicks:
        end = min(note.at + len(fall), length)
        duck[note.at : end] = np.maximum(duck[note.at : end], note.strength * fall[: end - note.at])
    return duck[:, None]


def _delayed(dry: Stereo) -> Stereo:
    """A ping-pong delay of three sixteenths, each repeat darker and on the other side."""
    wet = np.zeros_like(dry)
    tap = dry
    for repeat in range(1, 5):
        tap = low_pass(tap[:, ::-1], 5200 / repeat) * 0.52
        shift = repeat * 3 * STEP
        wet[shift:] += tap[:-shift]
    return wet


def _roomed(send: Stereo) -> Stereo:
    room = impulse_room()
    size = 1 << (len(send) + len(room) - 1).bit_length()
    spectrum = np.fft.rfft(send, size, axis=0) * np.fft.rfft(room, size, axis=0)
    return np.fft.irfft(spectrum, size, axis=0)[: len(send)]


def _mastered(mix: Stereo) -> Stereo:
    """Levelled, softly limited, faded out at the very end, and brought to the peak level."""
    mix = mix - low_pass(mix, 24.0)
    mix += 0.9 * (mix - low_pass(mix, 3500.0))  # air
    loud = mix[np.abs(mix).max(axis=1) > 0.02]
    mix = mix * (10 ** (_LOUDNESS_DB / 20) / np.sqrt(np.mean(loud**2)))
    mix = np.tanh(mix * 1.15) / 1.15
    fade = RATE * 3 // 2
    mix[-fade:] *= np.cos(np.linspace(0, np.pi / 2, fade))[:, None] ** 2
    return np.asarray(mix * (10 ** (_PEAK_DB / 20) / np.abs(mix).max()))


def description() -> dict[str, Any]:
    """What is known of the track without listening: tempo, beats, bars, sections and onsets, in seconds."""
    bars = bar_count()
    sections, bar = [], 0
    for section in SECTIONS:
        sections.append({"name": section.name, "at_s": bar * BAR / RATE, "bars": section.bars})
        bar += section.bars
    struck = [note for note in score() if note.instrument != "pad"]
    return {
        "version": _VERSION,
        "bpm": BPM,
        "beats_a_bar": BEATS_A_BAR,
        "duration_s": bars * BAR / RATE,
        "beats": [beat * BEAT / RATE for beat in range(bars * BEATS_A_BAR)],
        "bars": [index * BAR / RATE for index in range(bars)],
        "sections": sections,
        "onsets": [
            {"at_s": note.at / RATE, "instrument": note.instrument, "strength": round(note.strength, 3)}
            for note in struck
        ],
    }


def make_music(folder: Path) -> bool:
    """Write track.flac (48 kHz, stereo, 24 bit) and track.json into `folder` unless they are there and of this score.

    True where they were made. track.json is written last and says that the track is whole. Raises OutputError.
    """
    wanted = json.dumps(description(), indent=1).encode()
    track, notes = folder / "track.flac", folder / "track.json"
    if track.exists() and notes.exists() and notes.read_bytes() == wanted:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    notes.unlink(missing_ok=True)
    partial = folder / ".track.partial.flac"
    try:
        write_sound(partial, Sound(synthesise().astype(np.float32), RATE))
        partial.replace(track)
    finally:
        partial.unlink(missing_ok=True)
    replace_file(notes, wanted)
    return True
