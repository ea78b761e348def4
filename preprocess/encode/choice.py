"""Which codec and size a source's clips get, and why."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.model.clips import Codec
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.values import Footage
from preprocess.encode.settings import EncodeSettings
from preprocess.pipeline.step import hashed
from preprocess.style.model import Style

# What MJPEG costs to decode, about: nanoseconds a pixel and a compressed byte, and bytes a pixel of usual footage.
_NS_A_PIXEL, _NS_A_BYTE, _MJPEG_BYTES_A_PIXEL = 2.4, 13.0, 0.1
# The least that a machine on stage decodes with: two cores, of which a quarter is left for jumps.
_MJPEG_CORES = 1.5
# From here on one frame takes longer to decode than a tick of 60 Hz lasts, and every jump would be late.
_LARGE_PIXELS = 3840 * 2160 * 3 // 4
# Bytes a pixel after Snappy, about.
_HAP_BYTES_A_PIXEL = {Codec.HAP: 0.45, Codec.HAP_ALPHA: 0.8, Codec.HAP_Q: 0.75}
# What one source's clips may take of what is free on the disk.
_SHARE_OF_FREE = 0.25

_NAMED = {"mjpeg": Codec.MJPEG, "hap": Codec.HAP, "hapq": Codec.HAP_Q}


@dataclass(frozen=True, slots=True)
class Choice:
    """A codec, and a sentence for the report."""

    codec: Codec
    why: str


@dataclass(frozen=True, slots=True)
class ClipSize:
    """The size of clips in pixels; `crop_width` × `crop_height` of the footage is what they show."""

    width: int
    height: int
    crop_width: int
    crop_height: int


def choose(footage: Footage, settings: EncodeSettings, layers: int, free_bytes: int) -> Choice:
    """The codec of a source's clips, where a show plays `layers` of clips at once and the disk has `free_bytes`."""
    if settings.codec != "auto":
        return _as_told(footage, settings.codec)
    if footage.alpha:
        return Choice(Codec.HAP_ALPHA, "it is transparent, which MJPEG cannot be")
    size = clip_size(footage, Codec.MJPEG, settings.max_height)
    pixels = size.width * size.height
    cores = layers * float(footage.rate) * pixels * (_NS_A_PIXEL + _NS_A_BYTE * _MJPEG_BYTES_A_PIXEL) / 1e9
    load = f"{size.width} × {size.height} at {float(footage.rate):.4g}/s in {layers} layers"
    if pixels < _LARGE_PIXELS and cores <= _MJPEG_CORES:
        return Choice(Codec.MJPEG, f"{load} takes {cores:.2f} cores to decode: MJPEG holds, at a fifth of HAP's bytes")
    need = expected_bytes(Codec.HAP, size) * footage.frame_count
    large = (
        "each frame of that size would be late" if pixels >= _LARGE_PIXELS else f"MJPEG would take {cores:.1f} cores"
    )
    if need > _SHARE_OF_FREE * free_bytes:
        room = f"HAP's {_gigabytes(need)} is more than a quarter of the {_gigabytes(free_bytes)} free"
        return Choice(Codec.MJPEG, f"{load}: {large}, but {room}")
    return Choice(Codec.HAP, f"{load}: {large}; HAP's {_gigabytes(need)} fit the disk")


def _as_told(footage: Footage, word: str) -> Choice:
    codec = _NAMED[word]
    if not footage.alpha:
        return Choice(codec, "asked for")
    if codec is Codec.HAP:
        return Choice(Codec.HAP_ALPHA, "asked for; it is transparent, so HAP with alpha")
    return Choice(codec, f"asked for; its transparency is lost in {word}: auto and hap keep it")


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"


def expected_bytes(codec: Codec, size: ClipSize) -> float:
    """About how large a frame will be."""
    return size.width * size.height * _HAP_BYTES_A_PIXEL.get(codec, _MJPEG_BYTES_A_PIXEL)


def clip_size(footage: Footage, codec: Codec, max_height: int | None) -> ClipSize:
    """Multiples of 2 for MJPEG (whole chroma samples), of 4 for HAP (whole blocks).

    Where nothing is scaled, the odd rows and columns are cut off, since resampling for them would blur the picture.
    """
    multiple = 4 if codec.is_hap else 2
    whole = footage.width, footage.height
    if (max_height is None or footage.height <= max_height) and min(whole) >= multiple:
        width, height = (side // multiple * multiple for side in whole)
        return ClipSize(width, height, width, height)
    factor = min(1.0, max_height / footage.height) if max_height else 1.0
    width, height = (max(multiple, round(side * factor / multiple) * multiple) for side in whole)
    return ClipSize(width, height, *whole)


def layers_at_once(style: Style) -> int:
    """The most layers of the style's show that play clips of the library at the same time."""
    names = [str(layer["name"]) for layer in _layers(style.show) if not layer.get("source")]
    shown = (len(names) - len(set(names) & set(movement.show.get("hidden", ()))) for movement in style.movements)
    return max(1, *shown, 1)


def _layers(show: dict[str, Any]) -> Sequence[dict[str, Any]]:
    layers: Sequence[dict[str, Any]] = show.get("layers", ())
    return layers


def chosen(catalogue: Catalogue, footage: Footage, style: Style) -> Choice:
    """The source's choice as the catalogue has it; made and noted where there is none yet, or by other facts.

    Room on the disk is looked at once: a disk that fills up turns no clip into another.
    """
    settings, layers = style.encode, layers_at_once(style)
    facts = (footage.width, footage.height, footage.rate, footage.frame_count, footage.alpha)
    inputs = hashed(facts, settings.codec, settings.max_height, layers)
    ask = "SELECT codec, why FROM codec_choices WHERE base = ? AND inputs = ?"
    row = catalogue.connection.execute(ask, (footage.base, inputs)).fetchone()
    if row is not None:
        return Choice(Codec(row["codec"]), row["why"])
    choice = choose(footage, settings, layers, shutil.disk_usage(catalogue.folder).free)
    with catalogue.transaction() as connection:
        row = (footage.base, inputs, choice.codec.value, choice.why)
        connection.execute("INSERT OR REPLACE INTO codec_choices VALUES (?, ?, ?, ?)", row)
    return choice
