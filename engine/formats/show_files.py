"""Files that a show names: where they are, and why one cannot be used."""

from __future__ import annotations

from pathlib import Path


def inside(folder: Path, path: Path) -> bool:
    """Whether `path` lies in `folder` once links are followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):  # links that lead in a circle, a name that no file can have
        return False


def why_not_there(path: Path, *, folder: bool = False) -> str:
    """Why `path` cannot be used as a file (or as a folder), in words; "" if it can."""
    try:
        path.stat()
    except OSError as error:
        return "does not exist" if isinstance(error, FileNotFoundError) else f"cannot be reached: {error.strerror}"
    if folder:
        return "" if path.is_dir() else "is not a folder"
    return "" if path.is_file() else "is not a file"


def located(folder: Path, name: str) -> Path:
    """A path that a show names: relative to the show's folder, absolute, or beginning with ~/ for the home folder."""
    if name.startswith("~/"):
        return Path.home() / name[2:]
    return folder / name
