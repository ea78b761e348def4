"""BLIP-2's loading and batching, with a tiny model of the real classes, on real footage; no network."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from preprocess.caption import blip2
from preprocess.caption.blip2 import Blip2Job, Captioned, NotReady, caption_jobs
from preprocess.caption.step import ComposedStep
from preprocess.catalogue.catalogue import Catalogue
from preprocess.catalogue.fragments import store_analysis, store_footage
from preprocess.catalogue.texts import current_texts
from preprocess.catalogue.values import Footage
from preprocess.check.regenerate import RegenerateStep
from preprocess.check.step import CheckStep
from preprocess.cli import main
from preprocess.pipeline.step import Failed
from tests import curate_support
from tests.blip2_support import make_blip2
from tests.described_support import analysis
from tests.words_support import run, style

pytestmark = pytest.mark.ai
for package in ("torch", "transformers"):
    pytest.importorskip(package)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    torch.set_num_threads(1)
    return make_blip2(tmp_path_factory.mktemp("blip2"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks up a name of another machine is found out."""

    def refuse(host: Any, *_: Any, **__: Any) -> Any:
        raise AssertionError(f"wanted the network: {host}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def footage(name: str = "bikes.mp4") -> Footage:
    source = curate_support.footage()[name]
    size = source.stat().st_size
    return Footage("bikes", source, None, size, 640, 272, Fraction(25), 250, False, False, False, None, None, ())


def job(model: Path, index: int = 3, **other: Any) -> Blip2Job:
    plain = Blip2Job(f"c{index}", footage(), (index,), str(model), False, "cpu", "", 2, 6)
    return replace(plain, **other)


def told(done: float, total: float) -> None:
    """Nobody listens."""


def test_a_batch_says_what_each_clip_alone_says(model: Path) -> None:
    jobs = [job(model, index) for index in (0, 30, 60, 90)]
    together = caption_jobs(jobs, told)
    alone = [caption_jobs([one], told)[0] for one in jobs]
    assert all(isinstance(one, Captioned) and one.text for one in together)
    assert [one.text for one in together if isinstance(one, Captioned)] == [
        one.text for one in alone if isinstance(one, Captioned)
    ]


def test_the_model_is_loaded_once_a_worker(model: Path) -> None:
    blip2.load_model.cache_clear()
    for index in range(3):
        caption_jobs([job(model, index)], told)
    assert blip2.load_model.cache_info().misses == 1


def test_of_several_frames_the_surest_caption_stays(model: Path) -> None:
    indices = (0, 40, 80)
    single = [caption_jobs([job(model, index)], told)[0] for index in indices]
    (best,) = caption_jobs([job(model, indices=indices)], told)
    assert isinstance(best, Captioned)
    assert best.score == pytest.approx(max(one.score for one in single if isinstance(one, Captioned)), abs=1e-4)


def test_a_prompt_leads_the_caption_and_is_not_part_of_it(model: Path) -> None:
    (with_prompt,) = caption_jobs([job(model, prompt="a photo of")], told)
    (without,) = caption_jobs([job(model)], told)
    assert isinstance(with_prompt, Captioned)
    assert isinstance(without, Captioned)
    assert not with_prompt.text.startswith("a photo of")


def test_no_beams_are_a_search_too(model: Path) -> None:
    (said,) = caption_jobs([job(model, beams=1)], told)
    assert isinstance(said, Captioned)
    assert said.text


def test_a_clip_whose_source_is_gone_fails_alone(model: Path) -> None:
    gone = job(model, footage=replace(footage(), source=Path("/gone.mp4")))
    results = caption_jobs([job(model), gone], told)
    assert isinstance(results[0], Captioned)
    assert isinstance(results[1], Failed)
    assert not isinstance(results[1], NotReady)


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ({"model": "/no/such/folder"}, "no weights"),
        ({"model": "nobody/blip2-nowhere"}, "no weights"),
        ({"device": "cuda:99"}, "no device cuda:99"),
    ],
)
def test_what_this_machine_lacks_is_no_fault_of_the_clips(model: Path, other: dict[str, Any], says: str) -> None:
    results = caption_jobs([replace(job(model, index), **other) for index in (3, 9)], told)
    assert [type(one) for one in results] == [NotReady] * 2
    assert isinstance(results[0], NotReady)
    assert says in results[0].reason
    assert results[0].mend


def test_weights_that_are_pickles_are_not_loaded(model: Path, tmp_path: Path) -> None:
    import torch

    for file in model.iterdir():
        if file.suffix == ".json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    (result,) = caption_jobs([job(tmp_path)], told)
    assert isinstance(result, NotReady)
    assert "no weights" in result.reason


def test_a_batch_that_the_device_has_no_room_for_is_halved(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    sizes: list[int] = []
    really = blip2._generated

    def cramped(torch_: Any, loaded: Any, images: Any, one: Any) -> Any:
        sizes.append(len(images))
        if len(images) > 2:
            raise torch.OutOfMemoryError("too much")
        return really(torch_, loaded, images, one)

    monkeypatch.setattr(blip2, "_generated", cramped)
    results = caption_jobs([job(model, index) for index in range(5)], told)
    assert all(isinstance(one, Captioned) for one in results)
    assert sizes == [5, 2, 3, 1, 2]


# In a library


def make_library(folder: Path, model: Path, count: int = 5) -> Path:
    settings = {"by": "blip2", "model": str(model), "device": "cpu", "batch": 2, "beams": 2, "most_tokens": 6}
    lines = [
        "version: 1",
        "movements: [{name: all}]",
        "show: {layers: [{name: base}]}",
        f"caption: {json.dumps(settings)}",
    ]
    with Catalogue(folder) as catalogue, catalogue.transaction() as connection:
        (folder / "style.yaml").write_text("\n".join(lines))
        catalogue.library.connection.execute(
            "INSERT INTO sources (path, title, base, verdict) VALUES (?, 'bikes', 'bikes', 'sound')",
            (str(footage().source).encode(),),
        )
        store_footage(catalogue, footage())
        for number in range(count):
            slug = f"bikes-{number:02}"
            row = (slug, "bikes", number, 20 * number, 20 * number + 20)
            connection.execute(
                "INSERT INTO fragments (slug, base, scene_index, begin, end) VALUES (?, ?, ?, ?, ?)", row
            )
            store_analysis(catalogue, analysis(slug, digest=slug, telling_index=5))
    return folder


def test_the_command_captions_in_workers_and_a_second_run_does_nothing(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = make_library(tmp_path / "L", model)
    for _ in range(2):
        assert main(["caption", str(library), "--jobs", "1", "--progress", "none", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["by"] == {"blip2": 5}
    with Catalogue(library) as catalogue:
        texts = current_texts(catalogue, "caption")
        assert catalogue.connection.execute("SELECT count(*) FROM texts").fetchone()[0] == 5
    assert {text.model for text in texts.values()} == {str(model)}


def test_the_command_says_which_weights_are_lacking(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = make_library(tmp_path / "L", model)
    command = ["caption", str(library), "--model", "/no/weights", "--jobs", "1", "--progress", "none"]
    assert main(command) == 2
    assert "no weights of BLIP-2" in capsys.readouterr().err
    with Catalogue(library) as catalogue:
        assert catalogue.connection.execute("SELECT count(*) FROM failures").fetchone()[0] == 0
        assert not catalogue.made("caption")


def test_doubtful_captions_are_made_again_with_other_prompts(tmp_path: Path, model: Path) -> None:
    library = make_library(tmp_path / "L", model, 2)
    settings = {"by": "blip2", "model": str(model), "device": "cpu", "beams": 2, "most_tokens": 6}
    of = style(caption=settings, check={"most_tries": 2, "fewest_words": 50})
    with Catalogue(library) as catalogue:
        run(catalogue, ComposedStep(style()), CheckStep(of), RegenerateStep(of))
        rows = catalogue.connection.execute(
            "SELECT origin, prompt, state FROM texts WHERE slug = 'bikes-00' AND kind = 'caption' ORDER BY id"
        ).fetchall()
    assert [tuple(row) for row in rows] == [
        ("composed", "variation 0", "superseded"),
        ("blip2", "a photo of", "superseded"),
        ("blip2", "this film shows", "current"),
    ]
