"""What a movement says differently of a layer, merged with what the layer says itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.model.part import Part
from engine.model.show import Layer, LayerOverride

_KEY_BY_KEY = frozenset(("transform", "on_onset"))


def settings(part: Part) -> Iterator[str]:
    """The keys that were written with a value."""
    return (key for key in type(part).model_fields if key in part.model_fields_set and getattr(part, key) is not None)


def merged(layer: Layer, override: LayerOverride) -> Layer:
    """The layer with what the override says.

    A place and what onsets do are merged key by key; a generator, a transition and a mask are said as a whole. Clips
    take the place of the layer's source or generator, and a generator that of its clips.
    """
    update: dict[str, Any] = {}
    for key in settings(override):
        value, before = getattr(override, key), getattr(layer, key)
        if key in _KEY_BY_KEY and before is not None:
            value = before.model_copy(update={inner: getattr(value, inner) for inner in settings(value)})
        update[key] = value
    if override.clips:
        update |= {"source": None, "generator": None}
    elif override.generator is not None:
        update |= {"source": None, "clips": ()}
    return layer.model_copy(update=update)
