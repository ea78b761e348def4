"""`runtime-preprocess`: from a drawer of old videos to a described, playable library and its show."""

from __future__ import annotations

import argparse
import errno
import importlib
import keyword
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, ModuleType

from engine.errors import RuntimeShowError
from preprocess.commands.common import INTERRUPTED, TERMINATED, WRONG_INPUT
from preprocess.ingest.errors import shown

# A subcommand is a module of preprocess.commands with EXAMPLES, add_arguments(parser) and run(parsed) -> exit code.
# Only the one that was asked for is imported: some of them bring large libraries along.
_COMMANDS = {
    "run": "everything from sources to a show, doing again only what changed",
    "embed": "turn what is said of clips into vectors, for search and for what is alike",
    "search": "find clips by what they show, by likeness to another, and by filters",
    "ingest": "take sources into a library: looked at, normalised, ready to be cut",
    "split": "cut footage into fragments at its shots, with a contact sheet for each source",
    "analyze": "measure fragments, find what repeats, make thumbnails and strips",
    "caption": "give every clip a caption: composed from what was measured, or by BLIP-2",
    "describe": "make captions and measures into descriptions and tags, by rules or by a language model",
    "check": "find captions and descriptions that are doubtful, and why",
    "regenerate": "make doubtful captions and descriptions again",
    "normalize": "bring tags to the words of the library's vocabulary",
    "resolve": "settle which tags hold, by who gave them and by what was measured",
    "assign": "share clips out among the movements of the show, and say why",
    "schedule": "put each movement's clips in order, cut on the music, and draw it",
    "curate": "look through a library in the browser, and put right what the steps made of it",
    "export": "write a library's texts, tags, movements and schedules as files, for editing by hand and for git",
    "import": "take what was edited in exported files back into the library",
    "relink": "find sources that were moved, by what is in them",
    "emit": "write the show and the report of all that was done",
    "encode": "make every fragment a clip that plays from any frame",
}

_EXIT_CODES = (
    "\nexit codes: 0 done, 2 wrong input or usage, 3 with --strict when anything was quarantined, 1 internal error,"
    "\n130 stopped by Ctrl-C, 143 by SIGTERM\n"
)
_OF_THE_DISK = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO)
_DISK_MEND = "look at its rights and its disk; the same command goes on from there"
_STOPPED = "Stopped. What was finished is kept; the same command goes on from there."


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script. Returns the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser, modules = _parser(words)
    parsed = parser.parse_args(words)
    try:
        with _leaving_on_sigterm():
            return int(modules[parsed.command].run(parsed))
    except RuntimeShowError as error:
        print(f"runtime-preprocess: {error}", file=sys.stderr)
        return WRONG_INPUT
    except OSError as error:
        if error.errno not in _OF_THE_DISK or error.filename is None:
            raise  # a mistake of ours
        where = shown(os.fsdecode(error.filename))
        print(f"runtime-preprocess: {where}: {error.strerror}. {_DISK_MEND}", file=sys.stderr)
        return WRONG_INPUT
    except KeyboardInterrupt:
        print(_STOPPED, file=sys.stderr)
        return INTERRUPTED
    except _TerminatedError:
        print(_STOPPED, file=sys.stderr)
        return TERMINATED


class _TerminatedError(BaseException):
    """SIGTERM came."""


@contextmanager
def _leaving_on_sigterm() -> Iterator[None]:
    """Within the block SIGTERM ends the command as Ctrl-C does, through every `finally`."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise _TerminatedError

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _parser(words: Sequence[str]) -> tuple[argparse.ArgumentParser, dict[str, ModuleType]]:
    parser = argparse.ArgumentParser(prog="runtime-preprocess", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    modules: dict[str, ModuleType] = {}
    for name, does in _COMMANDS.items():
        command = commands.add_parser(
            name, help=does, description=does, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        if words[:1] == [name]:
            module = importlib.import_module(_module_of(name))
            modules[name] = module
            command.epilog = module.EXAMPLES + (_EXIT_CODES if "exit codes" not in module.EXAMPLES else "")
            module.add_arguments(command)
    return parser, modules


def _module_of(command: str) -> str:
    name = command.replace("-", "_")
    return f"preprocess.commands.{name}{'_' if keyword.iskeyword(name) else ''}"


if __name__ == "__main__":
    sys.exit(main())
