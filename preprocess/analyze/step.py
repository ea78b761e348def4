"""The step `analyze`: every fragment measured, with a thumbnail and a strip."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from engine.formats.library_schema import THUMBNAILS
from preprocess.analyze.measure import Analyzed, AnalyzeJob, analyze
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import in_order, read_footage, read_fragments, store_analysis
from preprocess.footage.reading import stretch_index
from preprocess.pipeline.step import Failed, Item, ItemStep, Tell, hashed
from preprocess.style.model import Style

STRIPS = "strips"


def _work(jobs: Sequence[AnalyzeJob], tell: Tell) -> list[Analyzed | Failed]:
    return [analyze(job, tell) for job in jobs]


class AnalyzeStep(ItemStep):
    """An item a fragment that is not retired; what was measured of a retired one stays."""

    name = "analyze"
    version = 2
    batch = 1
    work = staticmethod(_work)

    def __init__(self, style: Style) -> None:
        self._settings = style.analyze

    @property
    def settings(self) -> str:
        return hashed(self._settings.faces, self._settings.bodies)  # the rest is of `compare`

    def items(self, catalogue: Catalogue, bases: Collection[str] | None = None) -> Iterator[Item]:
        footage = read_footage(catalogue, bases)
        for fragment in in_order(read_fragments(catalogue, bases)):
            found = footage.get(fragment.base)
            if found is None:
                continue
            yield Item(
                key=fragment.slug,
                base=fragment.base,
                inputs=hashed(found.digest, fragment.begin, fragment.end),
                job=AnalyzeJob(
                    found, fragment, self._settings.faces, self._settings.bodies, catalogue.work / self.name
                ),
                cost=float(fragment.frame_count),
                label=fragment.slug,
                stretch_index=stretch_index(found, fragment.begin),
            )

    def store(self, catalogue: Catalogue, item: Item, result: Analyzed) -> None:
        store_analysis(catalogue, result.analysis)
        slug = item.key
        catalogue.library.arrive({f"{THUMBNAILS}/{slug}.jpg": result.thumbnail, f"{STRIPS}/{slug}.jpg": result.strip})

    def drop(self, catalogue: Catalogue, keys: Sequence[str]) -> None:
        kept = {fragment.slug for fragment in read_fragments(catalogue, retired=True) if fragment.retired}
        gone = [slug for slug in keys if slug not in kept]
        with catalogue.transaction() as connection:
            connection.executemany("DELETE FROM analyses WHERE slug = ?", [(slug,) for slug in gone])
            files = [f"{folder}/{slug}.jpg" for slug in gone for folder in (THUMBNAILS, STRIPS)]
            catalogue.library.arrive({}, leaving=files)
        catalogue.forget_made(self.name, keys)
