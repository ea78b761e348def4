"""`split`: find the shots of a library's footage and cut it into fragments."""

from __future__ import annotations

import argparse
from collections import Counter

from rich.table import Table
from rich.text import Text

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_footage, read_fragments
from preprocess.catalogue.values import Fragment
from preprocess.commands.common import DONE, add_json, add_library, add_working, print_json, run_step, table_console
from preprocess.split.rows import Noted, read_noted, read_scenes
from preprocess.split.step import sheet_files

EXAMPLES = """examples:
  runtime-preprocess split library
  runtime-preprocess split library --jobs 2 --json > cuts.json

Cuts what `ingest` has taken in and has changed since, as the section `split` of the library's style.yaml says.
reports/split/ has a contact sheet of each source: what was cut where.
"""
_OPENINGS = ("cut", "dissolve", "fade")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    add_working(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    """Split and print; the exit code."""
    done = run_step(parsed, "split")["split"]
    with Catalogue(parsed.library) as catalogue:
        sources = _sources(catalogue)
        failed = {
            row["item"]: {"reason": row["reason"], "mend": row["mend"]}
            for row in catalogue.connection.execute("SELECT * FROM failures WHERE step = 'split' ORDER BY item")
        }
    if parsed.json:
        print_json({"split": done, "sources": sources, "failed": failed})
    else:
        _print(sources, failed)
        fragments = sum(len(source["fragments"]) for source in sources.values())
        print(f"{fragments} fragments of {len(sources)} sources; {done} split in this run, {len(failed)} failed")
    return DONE


def _sources(catalogue: Catalogue) -> dict[str, dict[str, list[object]]]:
    """What each source was cut into, in JSON's own types."""
    noted = read_noted(catalogue)
    scenes = read_scenes(catalogue)
    fragments: dict[str, list[Fragment]] = {}
    for one in sorted(read_fragments(catalogue), key=lambda one: one.begin):
        fragments.setdefault(one.base, []).append(one)
    found: dict[str, dict[str, list[object]]] = {}
    for base, footage in read_footage(catalogue).items():
        about = noted.get(base, Noted(0, 0))
        found[base] = {
            "scenes": [
                {"begin": one.begin, "end": one.end, "opens_with": one.opens_with, "at_s": footage.source_s(one.begin)}
                for one in scenes.get(base, ())
            ],
            "fragments": [
                {
                    "slug": one.slug,
                    "begin": one.begin,
                    "end": one.end,
                    "handle_in": one.handle_in,
                    "handle_out": one.handle_out,
                    "duration_s": float(one.frame_count / footage.rate),
                }
                for one in fragments.get(base, ())
            ],
            "notes": list(about.notes),
            "sheets": list(sheet_files(base, about.pages)),
        }
    return found


def _print(sources: dict[str, dict[str, list[object]]], failed: dict[str, dict[str, str]]) -> None:
    console = table_console()
    table = Table("source", "scenes", *(f"{name}s" for name in _OPENINGS), "fragments", "remarks")
    for base, source in sources.items():
        openings = Counter(str(scene["opens_with"]) for scene in source["scenes"] if isinstance(scene, dict))
        counts = [str(openings[name] or "") for name in _OPENINGS]
        remarks = Text("; ".join(map(str, source["notes"][:2])) + ("; …" if len(source["notes"]) > 2 else ""))
        table.add_row(base, str(len(source["scenes"])), *counts, str(len(source["fragments"])), remarks)
    for base, why in failed.items():
        table.add_row(base, "", *("" for _ in _OPENINGS), "", Text(f"failed: {why['reason']}; {why['mend']}"))
    console.print(table)
