"""A source made into its mezzanine: every picture finished and written, and its sound beside, in step over losses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.errors import SourceError
from engine.formats.library_rows import Damage
from engine.formats.movie import Movie
from engine.formats.movie_file import COPY_AGAIN
from engine.formats.sound import SHOW_RATE_HZ, Samples32
from preprocess.catalogue.values import Piece
from preprocess.footage.decoding import has_alpha, is_transparent
from preprocess.footage.filters import sized
from preprocess.footage.sequence import Paced, Sequence, Tell
from preprocess.footage.sound import Levelling, channels_of, levelled
from preprocess.ingest.mezzanine import Mezzanine, MezzanineShape, pixel_format_of
from preprocess.ingest.settings import IngestSettings

_FADE_SAMPLES = 240  # 5 ms on both sides of a loss, so that it does not click
_SOUND_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Made:
    """A mezzanine that was made, and what it came to. `transparent`: in places."""

    file: Path
    width: int
    height: int
    rate: Fraction
    pieces: tuple[Piece, ...]
    transparent: bool
    damage: tuple[Damage, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Making:
    """How a mezzanine is to be made. `level` None: without sound."""

    settings: IngestSettings
    combing: bool
    level: Levelling | None
    threads: int


def make_mezzanine(movie: Movie, file: Path, how: Making, tell: Tell) -> Made:
    """Make the mezzanine of a movie at `file`. Streams, whatever the length.

    Raises SourceError where no frame decodes, OutputError where it cannot be written; nothing stands at `file` then.
    """
    alpha = has_alpha(movie.pixel_format)
    profile = "4444" if alpha else how.settings.profile
    target = sized(movie, 2, how.settings.max_height, pixel_format_of(profile, alpha), "kept")
    notes: list[str] = []
    pictures = Sequence(movie, target, how.threads, tell, notes, combing=how.combing)
    channels = 0 if how.level is None else channels_of(movie)
    shape = MezzanineShape(target.width, target.height, pictures.rate, profile, alpha, channels)
    sound = _SoundFeed(iter(()) if how.level is None else levelled(movie, how.level), channels)
    with Mezzanine(file, shape, how.threads) as mezzanine:
        writing = _Writing(mezzanine, sound, pictures.rate, alpha)
        for paced in pictures.frames():
            writing.write(paced)
        if not writing.pieces:
            raise SourceError("no frame of it decodes", subject=movie.file, mend=COPY_AGAIN)
        writing.end_piece()
    return Made(
        file=file,
        width=target.width,
        height=target.height,
        rate=pictures.rate,
        pieces=tuple(writing.pieces),
        transparent=writing.transparent,
        damage=tuple(pictures.damage),
        notes=tuple(notes),
    )


class _Writing:
    """Writes frames and the sound that belongs to them; a new piece begins wherever something is missing before."""

    def __init__(self, mezzanine: Mezzanine, sound: _SoundFeed, rate: Fraction, alpha: bool) -> None:
        self.pieces: list[Piece] = []
        self.transparent = False
        self._mezzanine = mezzanine
        self._sound = sound
        self._rate = rate
        self._alpha = alpha

    def write(self, paced: Paced) -> None:
        if not self.pieces or paced.begins_anew:
            self._begin_piece(paced.slot)
        self.transparent = self.transparent or (self._alpha and is_transparent(paced.frame))
        for _ in range(paced.repeats):
            self._mezzanine.write(paced.frame)
            piece = self.pieces[-1] = replace(self.pieces[-1], end=self.pieces[-1].end + 1)
            if self._due(piece.end) >= _SOUND_EVERY_S * SHOW_RATE_HZ:
                self._mezzanine.write_sound(self._sound.take(self._due(piece.end)))

    def _begin_piece(self, slot: int) -> None:
        self.end_piece()
        begin = self.pieces[-1].end if self.pieces else 0
        self.pieces.append(Piece(begin, begin, float(slot / self._rate)))
        self._sound.go_to(self._samples_at(slot), fade=begin > 0)

    def end_piece(self) -> None:
        """Write the sound up to the last frame, faded out where it breaks off."""
        if self.pieces:
            self._mezzanine.write_sound(self._sound.take(self._due(self.pieces[-1].end), ends=True))

    def _due(self, index: int) -> int:
        """How many samples are to be written before frame `index`."""
        return self._samples_at(index) - self._mezzanine.sample_count

    def _samples_at(self, index: int) -> int:
        return round(index / self._rate * SHOW_RATE_HZ)


class _SoundFeed:
    """Sound taken from blocks in order; silence where there is no more. Without channels it is empty."""

    def __init__(self, blocks: Iterator[Samples32], channels: int) -> None:
        self._blocks = blocks
        self._channels = channels
        self._held = np.zeros((0, channels), np.float32)
        self._at = 0  # of the first sample held
        self._fades_in = False

    def go_to(self, sample: int, *, fade: bool) -> None:
        """Leave out everything before `sample`."""
        while self._at + len(self._held) < sample and self._next():
            self._drop(len(self._held))
        self._held = self._held[max(0, sample - self._at) :]
        self._at = sample
        self._fades_in = fade

    def take(self, count: int, *, ends: bool = False) -> Samples32:
        """The next `count` samples."""
        count = max(0, count) if self._channels else 0
        while len(self._held) < count and self._next():
            pass
        taken = np.zeros((count, self._channels), np.float32)
        there = self._held[:count]
        taken[: len(there)] = there
        self._held = self._held[count:]
        self._at += count
        ramp = np.linspace(0, 1, min(_FADE_SAMPLES, count), dtype=np.float32)[:, None]
        if self._fades_in and count:
            taken[: len(ramp)] *= ramp
            self._fades_in = False
        if ends and count:
            taken[count - len(ramp) :] *= ramp[::-1]
        return taken

    def _next(self) -> bool:
        block = next(self._blocks, None)
        if block is None:
            return False
        self._held = np.concatenate([self._held, block])
        return True

    def _drop(self, count: int) -> None:
        self._held = self._held[count:]
        self._at += count
