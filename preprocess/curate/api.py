"""The page's addresses: its own files, the library's pictures, and version 1 of a JSON interface.

| address | gives |
|---|---|
| `GET /api/v1/library` | movements, tags, counts, what can be undone |
| `GET /api/v1/clips?filter=LINE` | the clips that a filter means; `by=meaning`, `like=SLUG`: the likest first |
| `GET /api/v1/clips/SLUG` | all that is known of one |
| `GET /api/v1/schedules/MOVEMENT` | a movement's schedule |
| `POST /api/v1/edits` | makes edits: `{"edits": [{"do": …}, …]}` |
| `POST /api/v1/undo`, `POST /api/v1/redo` | |

What cannot be done is answered with 4xx and `{"problems": [sentence, …]}`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias

from pydantic import Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from engine.errors import RuntimeShowError, ShowError
from engine.formats.library_schema import CLIPS, SLUG_PATTERN, THUMBNAILS
from engine.model.part import Part
from preprocess.catalogue.edit_values import Edit
from preprocess.curate.desk import Desk
from preprocess.curate.listing import STRIPS

PAGE = Path(__file__).parent / "page"
_MOST_BYTES = 8 * 2**20
_FOLDERS = {THUMBNAILS: "jpg", STRIPS: "jpg", CLIPS: "mov"}

_Answer: TypeAlias = Callable[[Request], Awaitable[Response]]


class Edits(Part):
    """What the page sends: edits that belong together, and are undone together."""

    edits: tuple[Edit, ...] = Field(min_length=1, max_length=5000)


def make_app(desk: Desk) -> Starlette:
    """The page of this desk's library. Its catalogue is asked in the desk's thread only."""

    async def library(_: Request) -> Response:
        return JSONResponse(await desk.ask(desk.overview))

    async def clips(request: Request) -> Response:
        asked = request.query_params
        find = partial(
            desk.clips, asked.get("filter", ""), by_meaning=asked.get("by") == "meaning", like=asked.get("like", "")
        )
        return JSONResponse(await desk.ask(find))

    async def clip(request: Request) -> Response:
        found = await desk.ask(partial(desk.details, request.path_params["slug"]))
        return JSONResponse(found) if found else _problem(404, "The library has no such clip.")

    async def schedule(request: Request) -> Response:
        return JSONResponse(await desk.ask(partial(desk.schedule, request.path_params["movement"])))

    async def edit(request: Request) -> Response:
        some = Edits.model_validate_json(await _body(request))
        return JSONResponse({"done": await desk.ask(partial(desk.apply, some.edits))})

    async def undo(request: Request) -> Response:
        await _body(request)
        return JSONResponse({"done": await desk.ask(desk.undo)})

    async def redo(request: Request) -> Response:
        await _body(request)
        return JSONResponse({"done": await desk.ask(desk.redo)})

    async def picture(request: Request) -> Response:
        return await _library_file(desk, request.path_params["folder"], request.path_params["name"])

    async def page(_: Request) -> Response:
        return FileResponse(PAGE / "index.html", headers={"cache-control": "no-cache"})

    v1 = [
        Route("/library", library),
        Route("/clips", clips),
        Route("/clips/{slug}", clip),
        Route("/schedules/{movement}", schedule),
        Route("/edits", edit, methods=["POST"]),
        Route("/undo", undo, methods=["POST"]),
        Route("/redo", redo, methods=["POST"]),
    ]
    return Starlette(
        routes=[
            Route("/", page),
            Mount("/api/v1", routes=v1),
            Mount("/page", StaticFiles(directory=PAGE)),
            Route("/library/{folder}/{name}", picture),
        ],
        exception_handlers={
            HTTPException: _http_error,
            ValidationError: _not_valid,
            RuntimeShowError: _not_done,
        },
    )


async def _body(request: Request) -> bytes:
    """What was sent: JSON, and said to be, which no form of another site's page can say."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "Send application/json.")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise HTTPException(413, f"More than {_MOST_BYTES >> 20} MiB at once.")
    return body


async def _library_file(desk: Desk, folder: str, name: str) -> Response:
    """A picture or clip of a fragment that the catalogue has, and nothing else of the disk."""
    slug, dot, suffix = name.rpartition(".")
    asked_well = _FOLDERS.get(folder) == suffix and dot and SLUG_PATTERN.fullmatch(slug)
    if not asked_well or not await desk.ask(partial(desk.knows, slug)):
        return _problem(404, "The library has no such file.")
    file = desk.folder / folder / name
    if not file.is_file() or not file.resolve().is_relative_to(desk.folder.resolve()):
        return _problem(404, "The library has no such file.")
    return FileResponse(file, headers={"cache-control": "no-cache"})


def _problem(status: int, *problems: str) -> Response:
    return JSONResponse({"problems": problems}, status)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problem(error.status_code, error.detail)


async def _not_valid(_: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    places = ((".".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_url=False))
    return _problem(422, *(f"{place}: {what}" for place, what in places))


async def _not_done(_: Request, error: Exception) -> Response:
    if isinstance(error, ShowError):
        return _problem(409, *map(str, error.problems))
    return _problem(409, str(error))
