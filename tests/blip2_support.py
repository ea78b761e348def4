"""A BLIP-2 that is small enough to be made on the spot: the real classes, a few random weights, a dozen words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

WORDS = "a the man woman dog street lake walking red blue car of in on photo this film shows question answer : ? what"
_SPECIAL = ("<pad>", "<s>", "</s>", "<unk>", "<image>")
_SIDE_PX = 32


def make_blip2(folder: Path) -> Path:
    """Save a BLIP-2 with seeded random weights, with its processor, as `save_pretrained` lays it out."""
    import torch
    from transformers import (
        Blip2Config,
        Blip2ForConditionalGeneration,
        Blip2Processor,
        PreTrainedTokenizerFast,
    )
    from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

    vocabulary = {word: index for index, word in enumerate((*_SPECIAL, *WORDS.split()))}
    words = folder / "words.json"
    words.write_text(json.dumps(_tokenizer(vocabulary)))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(words), pad_token="<pad>", bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    layers = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Blip2Config(
        vision_config={**layers, "intermediate_size": 32, "image_size": _SIDE_PX, "patch_size": 16},
        qformer_config={**layers, "intermediate_size": 32, "encoder_hidden_size": 16, "vocab_size": 40},
        text_config={
            **layers,
            **{"model_type": "opt", "ffn_dim": 32, "word_embed_proj_dim": 16, "max_position_embeddings": 128},
            **{"vocab_size": len(vocabulary), "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2},
        },
        num_query_tokens=4,
        image_token_index=vocabulary["<image>"],
    )
    torch.manual_seed(0)
    Blip2ForConditionalGeneration(config).save_pretrained(folder)
    size = {"height": _SIDE_PX, "width": _SIDE_PX}
    Blip2Processor(BlipImageProcessorPil(size=size), tokenizer, num_query_tokens=4).save_pretrained(folder)
    return folder


def _tokenizer(vocabulary: dict[str, int]) -> dict[str, Any]:
    """A tokenizer of whole words, as the library tokenizers writes it."""
    special = [
        {"id": vocabulary[word], "content": word, "special": True}
        | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
        for word in _SPECIAL
    ]
    return {
        **{"version": "1.0", "truncation": None, "padding": None, "normalizer": None},
        "added_tokens": special,
        "pre_tokenizer": {"type": "Whitespace"},
        **{"post_processor": None, "decoder": None},
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "<unk>"},
    }
