"""Options of a binding that make no sense together: each of them, with what is wrong and what would mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.model.controls import Binding, MidiControl
from engine.model.parameters import Kind, Parameter

# Round its middle and at its ends it rests in a zone each: wider ones would leave nothing between them.
_WIDEST_ROUND_MIDDLE = 0.3


@dataclass(frozen=True, slots=True)
class Clash:
    """An option that does not fit: its key in the binding, what is wrong, and a mend."""

    key: str
    what: str
    mend: str = "leave it out"


def clashes(binding: Binding, midi: MidiControl | None, parameter: Parameter) -> Iterator[Clash]:
    """What does not fit together in a binding to `parameter`; `midi` is its control, looked up where it was named.

    A control of a controller that is not known is taken for one that could do anything.
    """
    said = _said(binding, midi)
    is_action = parameter.kind is Kind.ACTION
    yield from _of_relative(binding, said, is_action=is_action)
    yield from _of_press(binding, said, is_action=is_action)
    yield from _of_takeover(binding, said, is_action=is_action)
    yield from _of_travel(binding, said, is_action=is_action)
    if said.is_pitch and (is_action or binding.value is not None):
        yield Clash("midi", "pitch bend rests at a half: it would fire without being touched", "take a note or a cc")


@dataclass(frozen=True, slots=True)
class _Said:
    """What sort of control a binding names."""

    name: str
    is_button: bool  # a key, a note, a program change: pressed and let go, and nowhere in between
    is_fader: bool  # nothing but a fader: it cannot be pressed
    is_pitch: bool
    is_program: bool
    is_relative: bool


def _said(binding: Binding, midi: MidiControl | None) -> _Said:
    if midi is None:
        is_key = binding.key is not None
        return _Said("a key" if is_key else "a control", is_key, False, False, False, False)
    names = {
        "note": midi.note is not None,
        "program change": midi.program is not None,
        "endless encoder": midi.relative is not None,
        "control of 14 bits": midi.bits == 14 or midi.nrpn is not None,
        "pitch bend": midi.pitch is not None,
        "pressure": midi.pressure is not None or midi.aftertouch is not None,
    }
    name = next((name for name, fits in names.items() if fits), "control change")
    article = "an" if name[0] in "aeiou" else "a"
    spoken = name if name in ("pressure", "pitch bend") else f"{article} {name}"
    is_button = name in ("note", "program change")
    return _Said(
        spoken,
        is_button,
        is_fader=not is_button and name != "control change",
        is_pitch=name == "pitch bend",
        is_program=name == "program change",
        is_relative=midi.relative is not None,
    )


def _of_relative(binding: Binding, said: _Said, *, is_action: bool) -> Iterator[Clash]:
    if not said.is_relative:
        if "steps" in binding.model_fields_set and binding.control is None:
            yield Clash(
                "steps", "counts an endless encoder's, and this is none", "add relative to midi, or leave it out"
            )
        return
    if is_action:
        yield Clash("to", "an endless encoder cannot fire an action: it turns both ways", "bind it to a parameter")
    if binding.value is not None:
        yield Clash("value", "an endless encoder sends steps, and no value of its own")
    if binding.quantise is not None:
        yield Clash("quantise", "an endless encoder's steps cannot wait")


def _of_press(binding: Binding, said: _Said, *, is_action: bool) -> Iterator[Clash]:
    press = binding.press
    if press is None:
        return
    if said.is_fader:
        yield Clash("press", f"{said.name} cannot be pressed")
    elif is_action and press != "trigger":
        yield Clash("press", f"an action only fires: there is nothing to {press}", "write trigger, or leave it out")
    elif said.is_program and press in ("momentary", "gate"):
        yield Clash("press", "a program change is never let go", "write trigger or toggle")


def _of_takeover(binding: Binding, said: _Said, *, is_action: bool) -> Iterator[Clash]:
    if binding.takeover == "jump":
        return
    if said.is_button:
        yield Clash("takeover", f"is for faders and knobs: {said.name} stands nowhere")
    elif said.is_relative:
        yield Clash("takeover", "an endless encoder goes on from where the parameter is: there is nothing to take over")
    elif is_action or binding.value is not None or binding.press is not None:
        yield Clash("takeover", "is for faders and knobs that a parameter follows")


def _of_travel(binding: Binding, said: _Said, *, is_action: bool) -> Iterator[Clash]:
    """What says how the control's travel counts, where it has none or nothing hangs on it."""
    if binding.dead_zone and (said.is_button or said.is_relative):
        yield Clash("dead_zone", f"{said.name} has no travel that could rest")
    elif binding.dead_zone > _WIDEST_ROUND_MIDDLE and said.is_pitch:
        yield Clash("dead_zone", f"pitch bend takes {_WIDEST_ROUND_MIDDLE:g} at most: it rests in its middle, too", "")
    fires = is_action or binding.press in (None, "trigger")
    if binding.value is not None and fires and binding.range is not None:
        yield Clash("range", "the value is fixed, so there is nothing to spread", "keep value or range")
    if (binding.value is not None or is_action) and fires and binding.invert:
        yield Clash("invert", "there is nothing to turn round: it only fires")
    if binding.value is not None and binding.curve != "linear":
        yield Clash("curve", "the value is fixed, so there is nothing to spread")
