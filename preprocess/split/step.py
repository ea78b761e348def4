"""The step `split`: footage into scenes and fragments, with a contact sheet for each source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import read_footage, read_fragments
from preprocess.pipeline.step import Item, ItemStep, hashed, hashed_settings
from preprocess.split.names import Known
from preprocess.split.rows import Noted, note, read_noted, remove_fragments, store_fragments, store_scenes
from preprocess.split.work import Split, SplitJob, work
from preprocess.style.model import Style

SHEETS = "reports/split"


def sheet_files(base: str, pages: int) -> list[str]:
    """Where the pages of a source's contact sheet lie in the library."""
    return [f"{SHEETS}/{base}.jpg", *(f"{SHEETS}/{base}-{number}.jpg" for number in range(2, pages + 1))][:pages]


class SplitStep(ItemStep):
    """An item a source's footage."""

    name = "split"
    version = 3
    batch = 1
    work = staticmethod(work)

    def __init__(self, style: Style) -> None:
        self._settings = style.split

    @property
    def settings(self) -> str:
        return hashed_settings(self._settings)

    def items(self, catalogue: Catalogue, bases: Collection[str] | None = None) -> Iterator[Item]:
        known: defaultdict[str, list[Known]] = defaultdict(list)
        fragments = read_fragments(catalogue, bases, retired=True)
        for one in sorted(fragments, key=lambda one: (one.retired, one.slug)):
            known[one.base].append(Known(one.slug, one.begin, one.end))
        noted = read_noted(catalogue)
        for base, footage in read_footage(catalogue, bases).items():
            highest = noted[base].highest if base in noted else None
            yield Item(
                key=base,
                base=base,
                inputs=hashed(footage.digest),
                job=SplitJob(footage, self._settings, tuple(known[base]), highest, catalogue.work / self.name),
                cost=float(footage.frame_count * footage.width * footage.height),
                label=base,
            )

    def store(self, catalogue: Catalogue, item: Item, result: Split) -> None:
        noted = read_noted(catalogue).get(item.key)
        store_scenes(catalogue.connection, item.key, result.scenes)
        store_fragments(catalogue, item.key, result.fragments)
        note(catalogue.connection, item.key, Noted(result.highest, len(result.pages), result.notes))
        files = sheet_files(item.key, len(result.pages))
        stale = set(sheet_files(item.key, noted.pages)) - set(files) if noted else set()
        catalogue.library.arrive(dict(zip(files, result.pages, strict=True)), leaving=sorted(stale))

    def drop(self, catalogue: Catalogue, keys: Sequence[str]) -> None:
        """Remove what was made of sources that have no footage any more; what a person worked on stays, retired."""
        noted = read_noted(catalogue)
        with catalogue.transaction() as connection:
            for base in keys:
                connection.execute("DELETE FROM scenes WHERE base = ?", (base,))
                remove_fragments(connection, [one.slug for one in read_fragments(catalogue, [base], retired=True)])
                if base in noted:
                    note(connection, base, Noted(noted[base].highest, 0))
                    catalogue.library.arrive({}, leaving=sheet_files(base, noted[base].pages))
        catalogue.forget_made(self.name, keys)
