"""The files of a render: film, sound, hashes, plan. Each stands under its name when it is whole, and not before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.app.jobs import RenderJob
from engine.core.figures import Figures
from engine.core.sound_plan import makes_sound
from engine.model.world import World
from engine.outputs.beside import beside, check_output_path, put_in_place
from engine.outputs.hashes import Hashes
from engine.outputs.output import Output, Several

if TYPE_CHECKING:
    from engine.app.soundtrack import Soundtrack


def check_render_paths(job: RenderJob) -> None:
    """Refuse every output path that exists or cannot be written, before any work. Raises OutputError."""
    from engine.outputs.video_file import check_film  # noqa: PLC0415

    check_film(job.film, codec=job.codec, width=job.width, height=job.height, overwrite=job.overwrite)
    for path in (job.hashes, job.plan):
        if path is not None:
            check_output_path(path, overwrite=job.overwrite)


def film_of(stack: ExitStack, world: World, job: RenderJob, figures: Figures) -> tuple[Output, Soundtrack | None]:
    """A render's film, hashes and sound, finished when the stack unwinds in peace and thrown away otherwise."""
    from engine.app.soundtrack import FILM_SOUND, Soundtrack  # noqa: PLC0415
    from engine.outputs.video_file import VideoFile  # noqa: PLC0415

    heard = makes_sound(world)
    film = VideoFile(
        job.film,
        width=job.width,
        height=job.height,
        rate=job.rate,
        codec=job.codec,
        sound=FILM_SOUND if heard else None,
        overwrite=job.overwrite,
        figures=figures,
    )
    outputs: list[Output] = [film]
    if job.hashes is not None:
        outputs.append(Hashes(job.hashes, overwrite=job.overwrite))
    output = Several(outputs)
    stack.push(lambda kind, _error, _trace: output.close() if kind is None else output.abort())
    if not heard:
        return output, None
    soundtrack = Soundtrack(world, job.from_s, job.rate, film.hear, figures)
    stack.callback(soundtrack.close)
    stack.push(lambda kind, _error, _trace: soundtrack.finish() if kind is None else None)
    return output, soundtrack


@contextmanager
def written_whole(path: Path, *, overwrite: bool) -> Iterator[Any]:
    """A text file written beside `path` and put in place on success."""
    partial = beside(path)
    try:
        with partial.open("w", encoding="utf-8") as file:
            yield file
        put_in_place(partial, path, overwrite=overwrite)
    finally:
        partial.unlink(missing_ok=True)
