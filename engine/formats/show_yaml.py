"""show.yaml on disk → a show that is whole: read, checked and resolved, or every mistake at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from engine.errors import LibraryError, Problem, ShaderError, ShowError
from engine.formats.controller_profiles import shipped_profiles
from engine.formats.isf import vertex_files
from engine.formats.library import read_library
from engine.formats.library_nearest import read_nearest
from engine.formats.shader_files import ENDINGS, ShaderFiles, parts_of, read_shader
from engine.formats.show_files import located, why_not_there
from engine.formats.show_parse import ParsedShow, parse_show
from engine.formats.show_reads import named_files, note, shader_parts
from engine.formats.show_resolve import Surroundings, resolve
from engine.formats.show_shaders import ReadShader
from engine.model.clips import Clip
from engine.model.controllers import Profile
from engine.model.shaders import Shader
from engine.model.show import Show
from engine.model.world import FileStamp, LoadedShow
from engine.shipped import shipped

MAX_BYTES = 2**20


def read_show(path: Path, before: LoadedShow | None = None, reads: dict[Path, FileStamp] | None = None) -> LoadedShow:
    """Read a show with its library, schedules and the sources that its layers name. Any thread; reads files only.

    The library of `before`, an earlier version of the show, is taken over as it was read then, if it is the same one,
    and so are the sources of layers that had them then.
    `reads` becomes what `LoadedShow.files` is, even where this raises: all that was looked at.
    Relative paths in it start from the show's folder. The library, the track and the sources may lie anywhere, since
    a show names its author's own files; schedules must lie in the show's folder.
    Raises ShowError with every problem found, sorted by file and line. Nothing stays open.
    """
    reads = {} if reads is None else reads
    note(reads, [path])
    parsed = parse_show(_text(path), str(path))
    note(reads, () if parsed.show is None else named_files(parsed.show, path.parent))
    problems = list(parsed.problems)
    if before is not None and (parsed.show is None or parsed.show.library != before.show.library):
        before = None
    library = _library(parsed, path.parent, problems) if before is None else before.library
    sources = _sources(parsed, path.parent, library or {}, problems, before)
    blends = _blends(parsed, problems)
    around = Surroundings(library, sources, blends, _profiles(parsed, problems), _shader_reader(path.parent, reads))
    loaded, found = resolve(parsed, path, around)
    problems += found
    if loaded is None or problems:
        raise ShowError(sorted(set(problems), key=lambda problem: (problem.file, problem.line, problem.path)))
    nearest = _nearest(parsed, path.parent, library or {}) if before is None else before.nearest
    return replace(loaded, nearest=nearest, library={} if library is None else library, files=dict(reads))


def _nearest(parsed: ParsedShow, folder: Path, library: Mapping[str, Clip]) -> Mapping[str, tuple[str, ...]]:
    """Which of the library's clips are alike; nothing for a show without a library."""
    if parsed.show is None or parsed.show.library is None:
        return {}
    try:
        return read_nearest(located(folder, parsed.show.library), library)
    except LibraryError as error:
        raise ShowError([parsed.problem(("library",), f"{parsed.show.library}: {error.what}", error.mend)]) from error


def _text(path: Path) -> str:
    file = str(path)
    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        if path.is_dir():
            raise ShowError([Problem(file, 0, "", "is a folder", f"name the file: {path / 'show.yaml'}")]) from None
        reason = getattr(error, "strerror", None) or str(error)
        raise ShowError([Problem(file, 0, "", f"cannot be read: {reason}", "check its name and its rights")]) from None
    if len(content) > MAX_BYTES:
        raise ShowError([Problem(file, 0, "", "is larger than 1 MiB", "a show is a small text; is this another file?")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ShowError([Problem(file, line, "", "is not UTF-8 text", "save it as UTF-8")]) from None


def _library(parsed: ParsedShow, folder: Path, problems: list[Problem]) -> Mapping[str, Clip] | None:
    """The library's clips; none for a show without a library; None where it could not be read."""
    if parsed.show is None or parsed.is_set_aside(("library",)):
        return None
    if parsed.show.library is None:
        return {}
    path = located(folder, parsed.show.library)
    reason = why_not_there(path, folder=True)
    if reason:
        mend = "paths are relative to the show's folder; runtime-preprocess run makes a library"
        problems.append(parsed.problem(("library",), f"{parsed.show.library} {reason}", mend))
        return None
    try:
        return read_library(path)
    except LibraryError as error:
        problems.append(parsed.problem(("library",), f"{parsed.show.library}: {error.what}", error.mend))
        return None


def _sources(
    parsed: ParsedShow,
    folder: Path,
    library: Mapping[str, Clip],
    problems: list[Problem],
    before: LoadedShow | None,
) -> dict[str, Clip]:
    """The layers' own sources that can be read, by the layer's name; each file is opened once."""
    layers = parsed.show.layers if parsed.show is not None else ()
    if all(layer.source is None and layer.source_rate is None for layer in layers):
        return {}
    # Late: a show of library clips alone never loads FFmpeg's libraries, which take 0.1 s.
    from engine.formats.show_sources import read_sources  # noqa: PLC0415

    return read_sources(parsed, folder, library, problems, before)


def _blends(parsed: ParsedShow, problems: list[Problem]) -> frozenset[str] | None:
    """The names of the blend modes that ship; None, with a problem, where the shaders are not there."""
    try:
        folder = shipped("shaders") / "blend"
        return frozenset(file.stem for file in folder.iterdir() if file.is_file())
    except OSError as error:
        problems.append(
            Problem(parsed.file, 0, "", f"the blend modes cannot be read: {error}", "install runtime again")
        )
        return None


def _shader_reader(folder: Path, reads: dict[Path, FileStamp]) -> ReadShader:
    """Finds and reads the shaders of a show in `folder`, and notes their files in `reads`. One that names none looks
    for none."""
    files: list[ShaderFiles] = []

    def read(name: str) -> Shader:
        if not files:
            files.append(ShaderFiles(folder))
        if name.lower().endswith(ENDINGS):
            note(reads, [folder / name])  # there may be one from now on
        file = files[0].find(name)
        note(reads, [file, *vertex_files(file)])
        try:
            isf = read_shader(file)
        except ShaderError:
            note(reads, shader_parts(file))
            raise
        note(reads, parts_of(isf))
        return isf.as_shader(name)

    return read


def _profiles(parsed: ParsedShow, problems: list[Problem]) -> Mapping[str, Profile] | None:
    """The controllers' profiles, for a show that has controllers; None, with a problem, where they cannot be read."""
    if parsed.show is None or not (parsed.show.controllers or _names_controls(parsed.show)):
        return {}
    try:
        return shipped_profiles()
    except (OSError, ShowError) as error:
        what = f"the controllers' profiles cannot be read: {error}"
        problems.append(Problem(parsed.file, 0, "", what, "install runtime again"))
        return None


def _names_controls(show: Show) -> bool:
    named = [binding.control for binding in show.bindings]
    named += [modifier.control for modifier in show.modifiers.values()]
    return any(control is not None for control in named)
