"""The step `caption` on a library: what it does, what it leaves alone, and what a person has to say in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import DeviceError
from preprocess.caption.blip2 import Captioned, NotReady, tidied
from preprocess.caption.step import Blip2Step, ComposedStep, caption_step
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.texts import current_texts, put_text
from preprocess.catalogue.values import Text
from tests.words_support import dumped, make_library, measure_again, run, style


def captions(catalogue: Catalogue) -> dict[str, str]:
    return {slug: text.text for slug, text in current_texts(catalogue, "caption").items()}


def test_the_style_says_who_captions() -> None:
    assert isinstance(caption_step(style()), ComposedStep)
    assert isinstance(caption_step(style(caption={"by": "blip2"})), Blip2Step)


def test_every_clip_gets_a_caption_that_is_marked_as_composed(tmp_path: Path) -> None:
    with Catalogue(make_library(tmp_path / "L")) as catalogue:
        run(catalogue, ComposedStep(style()))
        texts = current_texts(catalogue, "caption")
    assert len(texts) == 12
    assert {text.origin for text in texts.values()} == {"composed"}
    assert len({text.text for text in texts.values()}) > 9


def test_a_second_run_does_nothing_and_a_change_is_followed_by_its_clip_alone(tmp_path: Path) -> None:
    with Catalogue(make_library(tmp_path / "L")) as catalogue:
        assert run(catalogue, ComposedStep(style())) == [True]
        before = captions(catalogue)
        assert run(catalogue, ComposedStep(style())) == [False]
        measure_again(catalogue, "c003", brightness=0.99, static=True)
        assert run(catalogue, ComposedStep(style())) == [True]
        after = captions(catalogue)
        assert {slug for slug in after if after[slug] != before[slug]} == {"c003"}
        history = catalogue.connection.execute(
            "SELECT text, state FROM texts WHERE slug = 'c003' ORDER BY id"
        ).fetchall()
    assert [tuple(row) for row in history] == [(before["c003"], "superseded"), (after["c003"], "current")]


def test_what_a_person_wrote_stays_and_the_new_caption_is_proposed(tmp_path: Path) -> None:
    with Catalogue(make_library(tmp_path / "L")) as catalogue:
        put_text(catalogue, Text("c001", "caption", "my sister by the lake", "person"))
        run(catalogue, ComposedStep(style()))
        assert captions(catalogue)["c001"] == "my sister by the lake"
        row = catalogue.connection.execute("SELECT origin FROM texts WHERE state = 'proposal'").fetchall()
        assert [one["origin"] for one in row] == ["composed"]


def test_two_runs_of_the_same_library_end_alike(tmp_path: Path) -> None:
    said = []
    for name in ("one", "other"):
        with Catalogue(make_library(tmp_path / name, same=4)) as catalogue:
            run(catalogue, ComposedStep(style()))
            said.append(dumped(catalogue))
    assert said[0] == said[1]


def test_retired_clips_keep_what_was_said_of_them_and_get_no_more(tmp_path: Path) -> None:
    with Catalogue(make_library(tmp_path / "L")) as catalogue:
        run(catalogue, ComposedStep(style()))
        with catalogue.transaction() as connection:
            connection.execute("UPDATE fragments SET retired = 1 WHERE slug = 'c000'")
        run(catalogue, ComposedStep(style(caption={"parts": 8})))
        assert len(captions(catalogue)) == 12
        count = catalogue.connection.execute("SELECT count(*) FROM texts WHERE slug = 'c000'").fetchone()[0]
    assert count == 1


def test_blip2_gets_the_telling_frame_of_each_clip_or_several_spread_over_it(tmp_path: Path) -> None:
    with Catalogue(make_library(tmp_path / "L")) as catalogue:
        measure_again(catalogue, "c001", telling_index=7)
        one = {item.key: item for item in Blip2Step(style(caption={"by": "blip2"})).items(catalogue)}
        several = {item.key: item for item in Blip2Step(style(caption={"by": "blip2", "frames": 3})).items(catalogue)}
    assert one["c001"].job.indices == (50 + 7,)
    assert several["c001"].job.indices == (50 + 8, 50 + 25, 50 + 41)


def test_blip2s_result_stands_whatever_device_and_batch_it_was_made_with() -> None:
    def settings(**more: object) -> str:
        return Blip2Step(style(caption={"by": "blip2", **more})).settings

    assert settings() == settings(device="cpu", batch=2, allow_hub=True)
    assert settings() != settings(beams=3)
    assert settings() != ComposedStep(style()).settings


def test_blip2s_captions_are_stored_with_model_and_prompt(tmp_path: Path) -> None:
    step = Blip2Step(style(caption={"by": "blip2", "model": "some/model", "prompt": "a photo of"}))
    with Catalogue(make_library(tmp_path / "L")) as catalogue:
        item = next(iter(step.items(catalogue)))
        step.store(catalogue, item, Captioned("a dog by a lake", -0.5))
        text = current_texts(catalogue, "caption")["c000"]
    assert (text.text, text.origin, text.model, text.prompt) == ("a dog by a lake", "blip2", "some/model", "a photo of")


def test_a_worker_without_blip2_ends_the_run_and_no_clip_is_to_blame(tmp_path: Path) -> None:
    step = Blip2Step(style(caption={"by": "blip2"}))
    with Catalogue(make_library(tmp_path / "L")) as catalogue:
        item = next(iter(step.items(catalogue)))
        with pytest.raises(DeviceError, match="install it"):
            step.fail(catalogue, item, NotReady("there is no BLIP-2", "install it"))
        assert catalogue.connection.execute("SELECT count(*) FROM failures").fetchone()[0] == 0


def test_a_models_caption_is_one_line_without_its_prompt() -> None:
    assert tidied(" a photo of a dog\n\x00by a lake ", "a photo of") == "a dog by a lake"
    assert len(tidied("x" * 1000, "")) == 300
