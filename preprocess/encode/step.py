"""The step `encode`: every fragment a clip of the library, a file in which each frame stands alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from engine.formats.library_rows import StoredClip, Traits
from engine.formats.library_schema import CLIPS
from engine.model.clips import Clip
from preprocess.analyze.traits import traits_of
from preprocess.catalogue.catalogue import Catalogue, Made
from preprocess.catalogue.fragments import in_order, read_analyses, read_footage, read_fragments
from preprocess.catalogue.values import Footage, Fragment
from preprocess.encode.choice import Choice, chosen, clip_size
from preprocess.encode.wholeness import ClipRow, clip_rows, why_not_whole
from preprocess.encode.work import Encoded, EncodeJob, encode
from preprocess.footage.reading import stretch_index
from preprocess.pipeline.step import Item, ItemStep, hashed
from preprocess.style.model import Style

PROXIES = "proxies"
_AGAIN = "!"  # ends the inputs of a clip that was done again because it was damaged


@dataclass(frozen=True, slots=True)
class _Known:
    """What the catalogue knows besides fragments, read once for all items."""

    footage: dict[str, Footage]
    contents: dict[str, str]  # hash of what each base's footage was made from
    traits: dict[str, Traits]
    titles: dict[str, str]
    clips: dict[str, ClipRow]  # as far as there are any
    made: dict[str, Made]
    failed: frozenset[str]


class EncodeStep(ItemStep):
    """Fragments to clips; of fragments that were analysed. A retired fragment keeps the clip that it has.

    A clip stands while its file and its frame table are as long as they were written; with `verify`, while they have
    the content. `repaired` says of each that did not stand, by slug, what was wrong with it.
    """

    name = "encode"
    version = 1
    batch = 1
    work = staticmethod(encode)

    def __init__(self, style: Style, *, verify: bool = False) -> None:
        self._style = style
        self._verify = verify
        self.repaired: dict[str, str] = {}

    @property
    def settings(self) -> str:
        """Of the settings only what does not show in an item's codec and size."""
        return hashed(self._style.encode.proxies)

    def items(self, catalogue: Catalogue, bases: Collection[str] | None = None) -> Iterator[Item]:
        fragments = in_order(read_fragments(catalogue, bases, retired=True))
        known = _known(catalogue, bases, fragments)
        choices: dict[str, Choice] = {}
        for fragment in fragments:
            if fragment.retired:
                if fragment.slug in known.made and fragment.slug in known.clips:
                    yield Item(fragment.slug, fragment.base, known.made[fragment.slug].inputs, None, 0.0, fragment.slug)
                continue
            if fragment.slug not in known.traits or fragment.base not in known.footage:
                continue
            if fragment.base not in choices:
                choices[fragment.base] = chosen(catalogue, known.footage[fragment.base], self._style)
            yield self._item(catalogue, fragment, known, choices[fragment.base])

    def _item(self, catalogue: Catalogue, fragment: Fragment, known: _Known, choice: Choice) -> Item:
        footage, slug = known.footage[fragment.base], fragment.slug
        size = clip_size(footage, choice.codec, self._style.encode.max_height)
        begin = max(0, fragment.begin - fragment.handle_in)
        end = min(fragment.end + fragment.handle_out, footage.frame_count)
        title, traits = known.titles[slug], known.traits[slug]
        pixels = hashed(known.contents[fragment.base], begin, end, choice.codec.value, size)
        inputs = f"{pixels}.{hashed(title, traits)}"
        made = known.made.get(slug)
        rate = footage.rate
        shape = (size.width, size.height, rate.numerator, rate.denominator, end - begin)
        says = (f"{CLIPS}/{slug}.mov", choice.codec.value, *shape)
        wrong = why_not_whole(catalogue, slug, known.clips.get(slug), says, verify=self._verify)
        stands = not wrong and made is not None and made.inputs.startswith(pixels) and self._as_now(made)
        if made is not None and made.inputs.rstrip(_AGAIN) == inputs:
            # A damaged clip gets other inputs than it was made from; what is whole, or failed, keeps them.
            inputs = made.inputs
            if wrong and slug not in known.failed:
                inputs = inputs[: -len(_AGAIN)] if inputs.endswith(_AGAIN) else inputs + _AGAIN
                self.repaired[slug] = wrong
        job = EncodeJob(
            slug=slug,
            title=title,
            traits=traits,
            stands=stands,
            footage=footage,
            begin=begin,
            end=end,
            codec=choice.codec,
            size=size,
            proxy=self._style.encode.proxies,
            work=catalogue.work / self.name,
        )
        cost = 0.0 if stands else float((end - begin) * size.width * size.height)
        stretch = None if stands else stretch_index(footage, begin)
        return Item(slug, fragment.base, inputs, job, cost, slug, stretch)

    def _as_now(self, made: Made) -> bool:
        return (made.version, made.settings) == (self.version, self.settings)

    def store(self, catalogue: Catalogue, item: Item, result: Encoded | None) -> None:
        job = item.job
        if job is None:  # of a retired fragment
            return
        assert isinstance(job, EncodeJob)
        if result is None:
            catalogue.library.say_of_clip(job.slug, job.title, job.traits)
            return
        name, proxy = f"{CLIPS}/{job.slug}.mov", _proxy(job.slug)
        rate = job.footage.rate
        clip = Clip(
            slug=job.slug,
            file=catalogue.folder / name,
            codec=job.codec,
            width=job.size.width,
            height=job.size.height,
            rate=rate,
            frame_count=len(result.table),
            title=job.title,
        )
        in_s = job.footage.source_s(job.begin)
        out_s = job.footage.source_s(job.end - 1) + float(1 / rate)
        stored = StoredClip(clip, job.footage.source, in_s, out_s, result.byte_count, result.sha256, job.traits)
        files = {name: result.file} | ({proxy: result.proxy} if result.proxy else {})
        catalogue.library.put_clip(item.base, stored, result.table, files)
        if not result.proxy:
            catalogue.library.arrive({}, leaving=[proxy])

    def drop(self, catalogue: Catalogue, keys: Sequence[str]) -> None:
        # A source that went bad in this run had its fragments retired after this step had looked at them.
        retired = {row["slug"] for row in catalogue.connection.execute("SELECT slug FROM fragments WHERE retired = 1")}
        gone = [slug for slug in keys if slug not in retired]
        catalogue.library.drop_clips(gone)
        catalogue.library.arrive({}, leaving=[_proxy(slug) for slug in gone])
        catalogue.forget_made(self.name, gone)


def _proxy(slug: str) -> str:
    return f"{PROXIES}/{slug}.mov"


def _known(catalogue: Catalogue, bases: Collection[str] | None, fragments: Sequence[Fragment]) -> _Known:
    ask = catalogue.connection.execute
    slugs = None if bases is None else {fragment.slug for fragment in fragments}
    footage = read_footage(catalogue, bases)
    ingested = catalogue.made("ingest")
    sources = {row["base"]: row for row in ask("SELECT base, title, sha256 FROM sources")}
    failed = frozenset(row["item"] for row in ask("SELECT item FROM failures WHERE step = 'encode'"))
    return _Known(
        footage=footage,
        contents={base: _content(one, sources[base]["sha256"], ingested.get(base)) for base, one in footage.items()},
        traits={analysis.slug: traits_of(analysis) for analysis in read_analyses(catalogue, slugs)},
        titles=_titles({base: row["title"] for base, row in sources.items()}, fragments),
        clips=clip_rows(catalogue, [fragment.slug for fragment in fragments]),
        made=dict(catalogue.made("encode")),
        failed=failed,
    )


def _content(footage: Footage, sha256: str, ingested: Made | None) -> str:
    looks = (footage.width, footage.height, footage.rate, footage.frame_count, footage.alpha, footage.combs)
    how = (ingested.version, ingested.settings) if ingested else ()
    return hashed(sha256, footage.byte_count, footage.file is None, looks, how)


def _titles(sources: dict[str, str], fragments: Sequence[Fragment]) -> dict[str, str]:
    """What a person reads: the source's title, numbered where it has several clips."""
    of_base: dict[str, list[str]] = {}
    for fragment in in_order(fragments):
        if not fragment.retired:
            of_base.setdefault(fragment.base, []).append(fragment.slug)
    return {
        slug: sources[base] + (f" {number}/{len(slugs)}" if len(slugs) > 1 else "")
        for base, slugs in of_base.items()
        for number, slug in enumerate(slugs, 1)
    }
