"""Shader files by name: those of a show's folder, then those that ship; and reading one, whatever its format.

A shader's name is the stem of its file, anywhere under the show's `shaders/` or in the shipped generators, effects and
transitions; or its path inside the show's folder, as in "shaders/Color Controls.fs". Names may have blanks and dots.
Any thread.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.errors import ShaderError
from engine.formats.gl_transition import read_gl_transition
from engine.formats.isf import Isf, read_isf
from engine.formats.nearest import did_you_mean
from engine.formats.show_files import inside
from engine.shipped import shipped

GL_TRANSITION_ENDING = ".glsl"
ENDINGS = (".fs", ".isf", ".frag", GL_TRANSITION_ENDING)
SHADERS_FOLDER = "shaders"  # of a show
_SHIPPED_FOLDERS = ("generators", "effects", "transitions")


def read_shader(file: Path) -> Isf:
    """Read a shader file by its ending: a GL Transition or ISF. Raises ShaderError with what would mend it."""
    try:
        is_file = file.is_file()  # to open a pipe would wait
    except (OSError, ValueError) as error:
        raise ShaderError(f"cannot be read ({error})", subject=file, mend="Is it there?") from error
    if not is_file:
        raise ShaderError("is not a file", subject=file, mend="Is it there?")
    if not file.name.lower().endswith(ENDINGS):
        raise ShaderError("is not a shader file", subject=file, mend=f"Its name ends in {', '.join(ENDINGS)}.")
    return read_gl_transition(file) if file.suffix.lower() == GL_TRANSITION_ENDING else read_isf(file)


def parts_of(isf: Isf) -> tuple[Path, ...]:
    """Every file that a shader is made of: its own, its vertex shader's, its pictures'."""
    vertex = (Path(isf.vertex_file),) if isf.vertex_file else ()
    return (Path(isf.file), *vertex, *(one.file for one in isf.imported))


def shader_files(folder: Path) -> Iterator[Path]:
    """Every shader file under `folder`, in order. Hidden ones are left out, linked folders are not entered."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and name.lower().endswith(ENDINGS):
                yield Path(parent, name)


class ShaderFiles:
    """The shaders that a show can call by name, as they lay there when this was made."""

    def __init__(self, show_folder: Path | None = None) -> None:
        """Those of `show_folder` and the shipped ones; of None, the shipped ones alone."""
        self._show_folder = show_folder
        self._own = _by_stem([] if show_folder is None else [show_folder / SHADERS_FOLDER])
        self._shipped = _by_stem([shipped("shaders") / name for name in _SHIPPED_FOLDERS])

    @property
    def names(self) -> Mapping[str, Path]:
        """Every shader that can be called by name, in the order of names; one that two files have is not among them."""
        found = {name: files[0] for name, files in {**self._shipped, **self._own}.items() if len(files) == 1}
        return dict(sorted(found.items()))

    def find(self, name: str) -> Path:
        """The file of the shader `name`. The show's own comes before a shipped one of the same name.

        Raises ShaderError where there is none, where two are called so, or where its path leads out of its folder.
        """
        if name in self._own and self._show_folder is not None:
            return _inside(_only(name, self._own[name], self._show_folder), self._show_folder, name)
        if name in self._shipped:
            return _only(name, self._shipped[name], shipped("shaders"))
        if self._show_folder is not None and ("/" in name or name.lower().endswith(ENDINGS)):
            return self._by_path(name, self._show_folder)
        otherwise = f"put {name}.fs or {name}.glsl into {SHADERS_FOLDER}/ beside the show"
        raise ShaderError("there is no such shader", subject=name, mend=did_you_mean(name, self.names, otherwise))

    def _by_path(self, name: str, show_folder: Path) -> Path:
        if not name.lower().endswith(ENDINGS):
            raise ShaderError("is not a shader file", subject=name, mend=f"Its name ends in {', '.join(ENDINGS)}.")
        try:
            is_there = (show_folder / name).is_file()
        except (OSError, ValueError):  # a name that no file can have
            is_there = False
        if not is_there:
            known = [file.relative_to(show_folder).as_posix() for files in self._own.values() for file in files]
            otherwise = "paths are relative to the show's folder"
            raise ShaderError("there is no such shader", subject=name, mend=did_you_mean(name, known, otherwise))
        return _inside(show_folder / name, show_folder, name)


def _by_stem(folders: list[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for folder in folders:
        for file in shader_files(folder):
            found.setdefault(file.stem, []).append(file)
    return found


def _only(name: str, files: list[Path], root: Path) -> Path:
    if len(files) > 1:
        places = [file.relative_to(root).as_posix() for file in files]
        mend = f"Say which one: {' or '.join(places)}."
        raise ShaderError(f"{len(files)} shaders have this name", subject=name, mend=mend)
    return files[0]


def _inside(file: Path, root: Path, name: str) -> Path:
    """`file`, which links and dots may not lead out of `root`."""
    if not inside(root, file):
        raise ShaderError("lies outside of the show's folder", subject=name, mend="Copy the shader into the folder.")
    return file
