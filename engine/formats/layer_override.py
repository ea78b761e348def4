"""What a movement says differently of a layer, merged with what the layer says itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.model.part import Part
from engine.model.show import Layer, LayerOverride


def settings(part: Part) -> Iterator[str]:
    """The keys that were written with a value."""
    return (key for key in type(part).model_fields if key in part.model_fields_set and getattr(part, key) is not None)


def merged(layer: Layer, override: LayerOverride) -> Layer:
    """The layer with what the override says; a group of settings is merged in turn."""
    update: dict[str, Any] = {}
    for key in settings(override):
        value, before = getattr(override, key), getattr(layer, key)
        if isinstance(value, Part) and before is not None:
            value = before.model_copy(update={inner: getattr(value, inner) for inner in settings(value)})
        update[key] = value
    if override.clips:
        update["source"] = None  # the movement's clips take the place of the layer's own source
    return layer.model_copy(update=update)
