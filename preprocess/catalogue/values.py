"""What the rows of preprocess's tables say, as values."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeAlias

Boundary: TypeAlias = Literal["start", "cut", "dissolve", "fade", "loss"]
TextKind: TypeAlias = Literal["caption", "description"]
Mark: TypeAlias = Literal["black", "static", "duplicate", "left_out"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of footage without a loss: frames begin to end (half open), the first at `source_in_s` seconds."""

    begin: int
    end: int
    source_in_s: float


@dataclass(frozen=True, slots=True)
class Footage:
    """A source's pictures, ready to be cut: upright, progressive, square pixels, constant rate.

    `file` is the mezzanine; None where the source at `source` is read directly and normalised on the way. `pieces`
    cover frames 0 to `frame_count`, in order. `alpha`: transparent in places. `combs`: the source is interlaced.
    Loudness (LUFS, integrated) and true peak (dB) are those of the source as it was found, None without sound;
    `gain_db` brings it to the loudness asked for, and is in the mezzanine's sound already. `digest` hashes what the
    footage was made of (the source's content, settings, code), wherever the source lies: two equal ones, equal frames.
    `seek_frames`: what reading one frame decodes at worst; 1 where each stands alone.
    """

    base: str
    source: Path
    file: Path | None
    byte_count: int
    width: int
    height: int
    rate: Fraction
    frame_count: int
    alpha: bool
    combs: bool
    sound: bool
    loudness_lufs: float | None
    true_peak_db: float | None
    pieces: tuple[Piece, ...]
    gain_db: float = 0.0
    digest: str = ""
    seek_frames: int = 1

    def source_s(self, index: int) -> float:
        """The instant of frame `index` in the source, in seconds; of the end of its piece, for an index at an end."""
        piece = next((p for p in self.pieces if p.begin <= index < p.end), self.pieces[-1])
        return piece.source_in_s + float((index - piece.begin) / self.rate)


@dataclass(frozen=True, slots=True)
class Scene:
    """A shot that was detected: frames begin to end (half open) of its footage, and how it opens."""

    base: str
    scene_index: int
    begin: int
    end: int
    opens_with: Boundary


@dataclass(frozen=True, slots=True)
class Fragment:
    """What will be a clip of the same slug: frames begin to end (half open) of the footage of source `base`.

    Its clip's file has `handle_in` frames before and `handle_out` frames after, too.
    """

    slug: str
    base: str
    scene_index: int
    begin: int
    end: int
    handle_in: int = 0
    handle_out: int = 0
    retired: bool = False

    @property
    def frame_count(self) -> int:
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Colour:
    """A dominant colour: its name, `#rrggbb`, and the share of the picture that it covers, 0..1."""

    name: str
    rgb: str
    share: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was measured of a fragment. Numbers are 0..1 where nothing else is said."""

    slug: str
    brightness: float
    contrast: float
    saturation: float
    warmth: float  # 0 blue, 0.5 neutral, 1 red and yellow
    skin: float  # share of the picture in the tones of skin
    detail: float  # edges
    straight_lines: float  # share of the edges that lie on long straight lines
    sharpness: float  # of the sharpest frames
    motion: float  # change between frames; 1 is violent
    motion_x: float  # mean drift of the picture to the right, picture widths a second, -1..1
    motion_y: float  # up, picture heights a second, -1..1
    zoom: float  # growth of the picture, factor a second less 1, -1..1; positive comes nearer
    shake: float
    faces: int  # most at once
    faces_share: float  # of the frames looked at
    people: int  # most at once, faces or not
    people_share: float
    loudness_lufs: float | None  # of its sound; None without sound
    loop_begin: int  # frames of the fragment (half open) that close into the best loop
    loop_end: int
    loop_quality: float  # 1: the seam cannot be seen
    black: bool
    static: bool
    colours: tuple[Colour, ...]  # largest first
    onsets_s: tuple[float, ...]  # of its sound, in seconds of the fragment
    hashes: tuple[int, ...]  # perceptual, 64 bits each: the first frame, then four a second
    telling_index: int = 0  # the frame of the fragment that stands for it: its thumbnail, its caption
    digest: str = ""  # of its frames made small: equal where every frame is the same


@dataclass(frozen=True, slots=True)
class Text:
    """Words about a fragment and where they come from. `origin` is `person` or the step's way of making them."""

    slug: str
    kind: TextKind
    text: str
    origin: str
    model: str = ""
    prompt: str = ""


@dataclass(frozen=True, slots=True)
class GivenTag:
    """A tag as one origin gave it. A person's with confidence 0 takes the tag away."""

    slug: str
    tag: str
    origin: str
    confidence: float
