"""What reading a hostile frame adds to a process.

`python -m tests.peak_memory CODEC WIDTH HEIGHT DECODER SOUND HOSTILE` prints JSON: `said`, the error, empty for a
picture; `grown_bytes`, how far the peak of resident memory rose above that of reading the sound frame. A process of
its own, because a peak never sinks, and libraries tell nobody what they take.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from engine.errors import FrameError
from engine.media.buffers import BufferPool
from engine.media.frame_source import FrameSource, open_source
from engine.media.mjpeg import AvJpegDecoder, MjpegSource, TurboJpegDecoder
from engine.model.clips import Clip, Codec
from tests.media_support import Frames

OPEN: dict[str, Callable[[Clip, BufferPool], FrameSource]] = {
    "hap": open_source,
    "turbojpeg": lambda clip, pool: MjpegSource(clip, pool, TurboJpegDecoder),
    "pyav": lambda clip, pool: MjpegSource(clip, pool, AvJpegDecoder),
}


def main(codec: str, width: str, height: str, decoder: str, *files: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        frames = Frames(Path(folder), Codec(codec), (int(width), int(height)))
        sound, hostile = (Path(file).read_bytes() for file in files)
        pool = BufferPool()
        # The buffer that files are read into is as long as the longest frame yet: that is the frame's own size.
        source = OPEN[decoder](frames.clip(sound, hostile), pool)
        pool.give(source.read(0).planes)
        before = _peak_bytes(anew=True)
        said = ""
        try:
            source.read(1)
        except FrameError as error:
            said = str(error)
        print(json.dumps({"said": said, "grown_bytes": _peak_bytes() - before}))
        source.close()


def _peak_bytes(*, anew: bool = False) -> int:
    """The peak of resident memory; `anew` lets it begin at what is resident now.

    Linux's own account, where it is to be had: the peak in getrusage comes down from the parent process.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
    if anew:
        Path("/proc/self/clear_refs").write_text("5")
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
