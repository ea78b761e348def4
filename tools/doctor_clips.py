"""What the doctor says of files: what a seek in each costs here, and whether it will scrub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.formats.show_files import located
from engine.formats.show_yaml import read_show
from engine.model.world import LoadedShow
from tools.doctor_check import Check, probe

_TIMEOUT_S = 300.0  # a long file on a slow disk is read once from end to end


@dataclass(frozen=True)
class ExaminedClip:
    """A file's check, and its figures as JSON's own types ({} where it cannot be read)."""

    check: Check
    figures: dict[str, Any]


def examine_clips(files: Sequence[Path], show: Path | None) -> list[ExaminedClip]:
    """Each of `files`, then what the layers of `show` name as their sources and its library. Takes seconds for each.

    Every file is opened in a process of its own, so that one that crashes a decoder is a finding as well. Raises
    ShowError where the show cannot be read.
    """
    examined = [_examined(file.name or str(file), file) for file in files]
    if show is not None:
        examined += _of_show(read_show(show))
    return examined


def _of_show(loaded: LoadedShow) -> Iterator[ExaminedClip]:
    own = [layer for layer in loaded.show.layers if layer.source is not None]
    for layer in own:
        file, slug = located(loaded.file.parent, layer.source or ""), f"layer-{layer.name}"
        while loaded.clips[slug].file != file:  # the library has a clip of that name
            slug += "-source"
        clip = loaded.clips[slug]
        yield _examined(f"layer {layer.name}", clip.file, "" if clip.images is None else str(clip.rate))
    if loaded.show.library is not None:
        found = f"{len(loaded.clips) - len(own)} clips: every frame stands alone; runtime-tools bench measures them"
        yield ExaminedClip(Check("library", "stage", True, found), {})


def _examined(name: str, file: Path, rate: str = "") -> ExaminedClip:
    found = probe("clip", str(file), *filter(None, [rate]), timeout_s=_TIMEOUT_S)
    if "absent" in found:
        mend = found["mend"] or "Leave it out, or turn it into another format with another program."
        return ExaminedClip(Check(name, "needed", False, f"{file}: {found['absent']}", mend), {})
    what = "{codec} {width}×{height}, {frames} frames at {frames_a_s:g}/s: {verdict}".format(**found)
    check = Check(name, "stage", found["scrubs"], what, found["mend"])
    return ExaminedClip(check, {"name": name, "file": str(file), **found})
