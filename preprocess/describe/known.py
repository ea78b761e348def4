"""What is known of the clips that are to be described."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from preprocess.caption.subjects import Subject, read_subjects
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.texts import current_texts
from preprocess.catalogue.values import Text
from preprocess.pipeline.step import hashed


@dataclass(frozen=True, slots=True)
class Known:
    """A clip, its current caption, and the name of its source ('' where nobody is to be told of it)."""

    subject: Subject
    caption: Text | None
    file_name: str = ""

    @property
    def slug(self) -> str:
        return self.subject.fragment.slug

    @property
    def digest(self) -> str:
        """A hash of all that a description depends on, but settings."""
        caption = self.caption and (self.caption.text, self.caption.origin)
        return hashed(self.subject.analysis, self.subject.place, caption, self.file_name)


def read_known(catalogue: Catalogue, only: Collection[str] | None, *, file_names: bool) -> list[Known]:
    """The clips with these slugs (None: all) that were measured, in slug order."""
    captions = current_texts(catalogue, "caption")
    titles: dict[str, str] = {}
    if file_names:
        rows = catalogue.connection.execute("SELECT base, title FROM sources")
        titles = {row["base"]: row["title"] for row in rows}
    return [
        Known(one, captions.get(one.fragment.slug), titles.get(one.fragment.base, ""))
        for one in read_subjects(catalogue)
        if only is None or one.fragment.slug in only
    ]
