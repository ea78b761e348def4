"""Which layers of the show get rows in a movement's schedule."""

from __future__ import annotations

from preprocess.schedule.settings import ScheduledLayer
from preprocess.style.model import Style, StyleMovement

_USUAL = (ScheduledLayer(name="base"), ScheduledLayer(name="echo", every=3, transition_s=0.4))


def scheduled_layers(style: Style, movement: StyleMovement) -> tuple[ScheduledLayer, ...]:
    """The layers that the movement's style names; else base and echo, as far as the show has them and the movement
    does not hide them; else its lowest layer."""
    if movement.schedule.layers:
        return movement.schedule.layers
    names = layer_names(style)
    hidden = movement.show.get("hidden", ())
    usual = tuple(layer for layer in _USUAL if layer.name in names and layer.name not in hidden)
    return usual or (ScheduledLayer(name=names[0]),)


def layer_names(style: Style) -> list[str]:
    """The names of the show's layers, bottom to top; `base` where the style leaves them to the show."""
    return [str(layer["name"]) for layer in style.show.get("layers", ())] or ["base"]
