"""ISF files written for tests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

MAIN = "void main() { gl_FragColor = vec4(1.0); }\n"


def isf(body: str = MAIN, **header: object) -> str:
    """The text of a shader file: `header` as its JSON, then `body`."""
    return f"/*{json.dumps(header, indent=1)}*/\n{body}"


def write_png(file: Path, rows: Sequence[Sequence[tuple[int, int, int, int]]]) -> None:
    """Write straight RGBA pixels, the top row first."""
    pixels = np.array(rows, np.uint8)
    with av.open(str(file), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("png", rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = pixels.shape[:2]
        stream.pix_fmt = "rgba"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgba")))
        container.mux(stream.encode())
