"""Stills as straight RGBA: PNG, JPEG, TIFF, WebP, BMP, whatever FFmpeg decodes from one file."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from engine.errors import SourceError

_LARGEST_SIDE_PX = 16384
_LARGEST_AREA_PX = 2**26
_MEND = "Save it as PNG or JPEG"
# Containers of pictures, and MOV for AVIF and HEIF: a playlist under a picture's name would open other files.
_FORMATS = ",".join(
    name for name in sorted(av.formats_available) if name.endswith("_pipe") or name in ("apng", "gif", "image2", "mov")
)


def read_still(file: Path) -> npt.NDArray[np.uint8]:
    """The first picture of `file`: uint8 (height, width, 4), straight RGBA, the top row first.

    Raises SourceError where there is none, or one of more than 16384 pixels a side or 67 million in all. Any thread.
    """
    try:
        if not file.is_file():  # to open a pipe would wait
            raise SourceError("is not a file", subject=file, mend="Is it there?")
        with av.open(f"file:{file.absolute()}", options={"format_whitelist": _FORMATS}) as container:
            if not container.streams.video:
                raise SourceError("has no picture", subject=file, mend=_MEND)
            codec = container.streams.video[0].codec_context
            if max(codec.width, codec.height) > _LARGEST_SIDE_PX or codec.width * codec.height > _LARGEST_AREA_PX:
                raise SourceError(
                    f"is too large ({codec.width} × {codec.height} pixels)", subject=file, mend="Scale it"
                )
            for frame in container.decode(video=0):
                return np.ascontiguousarray(frame.reformat(format="rgba", threads=1).to_ndarray())
    except (OSError, av.FFmpegError, ValueError) as error:
        raise SourceError(f"cannot be read as a picture ({error})", subject=file, mend=_MEND) from error
    raise SourceError("has no picture", subject=file, mend=_MEND)
