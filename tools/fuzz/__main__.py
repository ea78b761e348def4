"""Fuzz the readers of frames, each in a process of its own, one after another; then print the totals."""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.hostile_support import CORPUS, READERS, SEEDS

CHECKOUT = Path(__file__).parents[2]
_WORK = CHECKOUT / "build" / "fuzz"  # what the fuzzer found worth keeping: the next run goes on from there
# About as long for each: 1,010,000 inputs in all.
_RUNS = {"hap": 600_000, "jpeg": 250_000, "table": 100_000, "movie": 60_000}
_LONGEST = {"hap": 2048, "jpeg": 8192, "table": 512, "movie": 8192}  # bytes
_SLOWEST_S = 10  # an input that takes longer hangs
_MOST_MEMORY_MB = 1024


@dataclass(frozen=True)
class Outcome:
    """A run over one reader: inputs, seconds, and the inputs that failed for a reason of their own."""

    reader: str
    inputs: int
    seconds: float
    failures: tuple[Path, ...]


def main(argv: Sequence[str] | None = None) -> int:
    """0 where nothing failed; 1 where an input did, or a reader could not be run."""
    options = _parser().parse_args(argv)
    outcomes = [fuzz(reader, options.runs or _RUNS[reader]) for reader in options.readers or READERS]
    for one in outcomes:
        rate = one.inputs / one.seconds if one.seconds else 0.0
        print(f"{one.reader:6} {one.inputs:9,} inputs {rate:8,.0f}/s  {len(one.failures)} failed")
    print(f"{'all':6} {sum(one.inputs for one in outcomes):9,} inputs")
    failures = [failure for one in outcomes for failure in one.failures]
    for failure in failures:
        print(f"failed: {failure.relative_to(CHECKOUT)}")
    return 1 if failures or not all(one.inputs for one in outcomes) else 0


def fuzz(reader: str, runs: int) -> Outcome:
    """`runs` inputs over one reader, beginning with its seeds and its corpus. What it says goes to build/fuzz."""
    found = _WORK / reader
    found.mkdir(parents=True, exist_ok=True)
    kept = CORPUS / reader
    kept.mkdir(parents=True, exist_ok=True)
    for seed in SEEDS[reader]():
        (found / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
    before = set(kept.iterdir())
    log = _WORK / f"{reader}.log"
    with _in_memory() as scratch, log.open("wb") as said:
        died = scratch / "died"
        died.mkdir()
        limits = [f"-max_len={_LONGEST[reader]}", f"-timeout={_SLOWEST_S}", f"-rss_limit_mb={_MOST_MEMORY_MB}"]
        how = [f"-runs={runs}", *limits, f"-artifact_prefix={died}/", "-print_final_stats=1"]
        command = [sys.executable, "-m", "tools.fuzz.target", reader, str(scratch), *how, str(found), str(kept)]
        subprocess.run(command, cwd=CHECKOUT, stdout=said, stderr=said, check=False)  # noqa: S603
        for fatal in died.iterdir():  # the process itself ended: a crash, a hang, too much memory
            keep(reader, fatal.read_bytes())
    text = log.read_text(errors="replace")
    failures = tuple(sorted(set(kept.iterdir()) - before))
    inputs, seconds = _done(text)
    if failures or not inputs:
        print(f"{reader}: {log.relative_to(CHECKOUT)} has what was said", file=sys.stderr)
    return Outcome(reader, inputs, seconds, failures)


def keep(reader: str, data: bytes) -> Path:
    """Write an input that failed to where the tests find it."""
    file = CORPUS / reader / f"{hashlib.sha256(data).hexdigest()[:16]}.bin"
    file.write_bytes(data)
    return file


def _done(said: str) -> tuple[int, float]:
    """Inputs and seconds by libFuzzer's own statistics; of a run that died, by its last line of progress."""
    total = re.search(r"stat::number_of_executed_units:\s*(\d+)", said)
    took = re.search(r"Done \d+ runs in (\d+) second", said)
    if total:
        return int(total[1]), float(took[1]) if took else 0.0
    progress = re.findall(r"^#(\d+)\s", said, re.MULTILINE)
    return (int(progress[-1]) if progress else 0), 0.0


@contextmanager
def _in_memory() -> Iterator[Path]:
    """A folder in memory where there is such a place: every input is written to a file."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def _reader(name: str) -> str:
    if name not in READERS:
        raise argparse.ArgumentTypeError(f"no reader {name!r}; there are {', '.join(READERS)}")
    return name


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("readers", nargs="*", type=_reader, metavar="READER", help=f"of {', '.join(READERS)}")
    parser.add_argument("--runs", type=int, default=0, help="inputs for each reader; together a million without it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
