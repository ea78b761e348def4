"""Captions by BLIP-2 through transformers (extra [ai]): what a worker does, with a model that is loaded once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.errors import DeviceError, SourceError
from preprocess.caption.settings import CaptionSettings
from preprocess.caption.subjects import Subject
from preprocess.catalogue.values import Footage
from preprocess.footage.reading import pictures
from preprocess.pipeline.step import Failed, Tell

_LONGEST_SIDE_PX = 448  # the model looks at 224 × 224 or 364 × 364
_MOST_CHARACTERS = 300
_INSTALL = "pip install 'runtime-engine[ai]', or set caption.by to composed"
_SMALLER = "choose a smaller model, or set caption.device to cpu"


@dataclass(frozen=True, slots=True)
class Blip2Job:
    """A clip to be captioned: frames `indices` of its footage, and how."""

    slug: str
    footage: Footage
    indices: tuple[int, ...]
    model: str
    allow_hub: bool
    device: str
    prompt: str
    beams: int
    most_tokens: int
    no_repeats: bool = False  # no pair of words twice


@dataclass(frozen=True, slots=True)
class Captioned:
    """A caption and how sure the model is of it: mean log-probability of its tokens."""

    text: str
    score: float


class NotReady(Failed):
    """No fault of the clip: this worker has no BLIP-2 to run."""


def blip2_job(subject: Subject, footage: Footage, settings: CaptionSettings, variation: int = 0) -> Blip2Job:
    """The job for a clip. A variation above 0 has another prompt, looks at more frames and searches wider."""
    others = settings.other_prompts
    again = variation > 0
    return Blip2Job(
        slug=subject.fragment.slug,
        footage=footage,
        indices=_indices(subject, min(9, settings.frames + variation)),
        model=settings.model,
        allow_hub=settings.allow_hub,
        device=settings.device,
        prompt=others[(variation - 1) % len(others)] if again and others else settings.prompt,
        beams=settings.beams + variation,
        most_tokens=settings.most_tokens,
        no_repeats=again,
    )


def _indices(subject: Subject, count: int) -> tuple[int, ...]:
    """The telling frame; or so many, in the middles of equal parts."""
    fragment = subject.fragment
    if count == 1:
        return (fragment.begin + min(subject.analysis.telling_index, fragment.frame_count - 1),)
    return tuple(
        sorted({fragment.begin + fragment.frame_count * (2 * part + 1) // (2 * count) for part in range(count)})
    )


def caption_jobs(jobs: Sequence[Blip2Job], tell: Tell) -> Sequence[Captioned | Failed]:
    """A caption for each job, in order; the jobs share model, prompt and search. Any process.

    A clip whose frames cannot be read fails alone. Where BLIP-2 cannot run here, all are `NotReady`: the libraries or
    weights are not installed, there is no such device, or it has too little memory for one clip.
    """
    frames: dict[int, list[Any]] = {}
    results: list[Captioned | Failed] = [Failed("no frame", "") for _ in jobs]
    for index, job in enumerate(jobs):
        try:
            frames[index] = [_frame(job.footage, at) for at in job.indices]
        except SourceError as error:
            results[index] = Failed(error.what, error.mend)
    try:
        for index, captioned in _captions(jobs, frames, tell):
            results[index] = captioned
    except DeviceError as error:
        return [NotReady(error.what, error.mend) for _ in jobs]
    return results


def _frame(footage: Footage, index: int) -> Any:
    scale = min(1.0, _LONGEST_SIDE_PX / max(footage.width, footage.height))
    width, height = (max(16, round(side * scale)) for side in (footage.width, footage.height))
    for _, frame in pictures(footage, index, index + 1, width=width, height=height, pixel_format="rgb24"):
        return frame.to_ndarray()
    raise SourceError(f"has no frame {index}", subject=footage.source, mend="ingest it again")


def _captions(jobs: Sequence[Blip2Job], frames: dict[int, list[Any]], tell: Tell) -> Sequence[tuple[int, Captioned]]:
    """(index of the job, its surest caption); all frames of all jobs go through the model together."""
    if not frames:
        return []
    first = jobs[0]
    model = load_model(first.model, first.device, first.allow_hub)
    found: list[tuple[int, Captioned]] = []
    pictures_of = [(index, picture) for index, taken in frames.items() for picture in taken]
    step = len(jobs)
    for begin in range(0, len(pictures_of), step):
        part = pictures_of[begin : begin + step]
        said = _said(model, [picture for _, picture in part], first)
        found += [(index, captioned) for (index, _), captioned in zip(part, said, strict=True)]
        tell(len(found), len(pictures_of))
    return [(index, max((c for i, c in found if i == index), key=lambda c: (c.score, c.text))) for index in frames]


@dataclass(frozen=True, slots=True)
class Loaded:
    """BLIP-2 with its processor, on a device. One thread."""

    model: Any
    processor: Any
    device: str
    dtype: Any


@lru_cache(maxsize=1)
def load_model(name: str, device: str, allow_hub: bool) -> Loaded:
    """BLIP-2, kept in this process until another one is asked for.

    `name` is a folder, or a model in the user's hub cache; nothing is downloaded unless `allow_hub`. Weights are
    taken from safetensors alone, since other files of weights can run code.
    Raises DeviceError where the extra, the weights or the device are missing.
    """
    try:
        import torch  # noqa: PLC0415 - an extra, and slow to import
        from transformers import AutoProcessor, Blip2ForConditionalGeneration  # noqa: PLC0415
        from transformers.utils import logging  # noqa: PLC0415
    except ImportError as error:
        raise DeviceError("captions by BLIP-2 need transformers and torch", subject=name, mend=_INSTALL) from error
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    chosen = _device(torch, device)
    dtype = torch.float16 if chosen.startswith("cuda") else torch.float32
    where = {"local_files_only": not allow_hub}
    folder = str(Path(name).expanduser())
    known = folder if Path(folder).is_dir() else name
    try:
        processor = AutoProcessor.from_pretrained(known, **where)
        model = Blip2ForConditionalGeneration.from_pretrained(known, dtype=dtype, use_safetensors=True, **where)
    except (OSError, ValueError) as error:
        mend = "name a folder with BLIP-2's weights, fetch them into your hub cache, or set caption.allow_hub to true"
        what = str(error).strip().splitlines()[0]
        raise DeviceError(f"no weights of BLIP-2 here ({what})", subject=name, mend=mend) from error
    return Loaded(_moved(torch, model, chosen), processor, chosen, dtype)


def _device(torch: Any, device: str) -> str:
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    there = {"cpu": True, "mps": torch.backends.mps.is_available()}.get(device, False)
    if device.startswith("cuda"):
        number = int(device.partition(":")[2] or 0)
        there = torch.cuda.is_available() and number < torch.cuda.device_count()
    if not there:
        raise DeviceError(f"there is no device {device} for BLIP-2", subject=device, mend="set caption.device to auto")
    return device


def _moved(torch: Any, model: Any, device: str) -> Any:
    try:
        return model.to(device).eval()
    except torch.OutOfMemoryError as error:
        raise DeviceError(f"{device} has no room for BLIP-2", subject=device, mend=_SMALLER) from error


def _said(loaded: Loaded, images: Sequence[Any], job: Blip2Job) -> Sequence[Captioned]:
    """What the model says of each image; in smaller parts where the device lacks memory for all of them."""
    import torch  # noqa: PLC0415

    try:
        return _generated(torch, loaded, images, job)
    except torch.OutOfMemoryError as error:
        if len(images) == 1:
            raise DeviceError("too little memory for one picture", subject=loaded.device, mend=_SMALLER) from error
    half = len(images) // 2
    return [*_said(loaded, images[:half], job), *_said(loaded, images[half:], job)]


def _generated(torch: Any, loaded: Loaded, images: Sequence[Any], job: Blip2Job) -> Sequence[Captioned]:
    words = loaded.processor(
        images=list(images), text=[job.prompt] * len(images), return_tensors="pt", padding=True
    ).to(loaded.device, loaded.dtype)
    with torch.inference_mode():
        made = loaded.model.generate(
            **words,
            max_new_tokens=job.most_tokens,
            num_beams=job.beams,
            do_sample=False,
            no_repeat_ngram_size=2 if job.no_repeats else 0,
            return_dict_in_generate=True,
            output_scores=True,
        )
    texts = loaded.processor.batch_decode(made.sequences, skip_special_tokens=True)
    # Without beams there is no score of a whole sequence; then the first frame's caption stays.
    scores = made.sequences_scores.tolist() if job.beams > 1 else [0.0] * len(texts)
    return [Captioned(tidied(text, job.prompt), score) for text, score in zip(texts, scores, strict=True)]


def tidied(text: str, prompt: str) -> str:
    """A model's caption as one line without its prompt, 300 characters at most."""
    line = re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()
    if prompt and line.lower().startswith(prompt.lower()):
        line = line[len(prompt) :].strip()
    return line[:_MOST_CHARACTERS]
