"""Learn: what is to be bound, the control that moved, and the binding that comes of it. Pure; time is passed in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.core.binding_target import target_path
from engine.core.control_watch import ControlWatch, Moved
from engine.core.midi_ports import fits
from engine.model.control_address import midi_address
from engine.model.controls import Binding, MidiControl
from engine.model.events import Event
from engine.model.parameters import Kind, Parameter
from engine.model.tree import ParameterTree

ValueOf = Callable[[str], float | None]

LEARN = "/control/learn"
LEAVING_KEYS = ("escape", "f2")

_TOLD_S = 5.0  # how long what became of it stays to be read
# Whoever unlocks the show, or looks at its figures, has not pointed at what is to be bound.
_NOT_MEANT = frozenset((LEARN, "/lock", "/figures"))
_POSITION = re.compile(r"(/movement|/layer/[^/]+)/position")
_TYPED = {"slash": "/", "minus": "-", "space": " "}
_KINDS = {"cc", "note", "pitch", "nrpn", "program", "pressure"}
_WHOLE_CHANNEL = {"pitch": "pitch bend", "pressure": "pressure"}


@dataclass(frozen=True, slots=True)
class Learned:
    """A binding as it is written into the show, as it is played (its control looked up), and what is to be told."""

    written: Binding
    played: Binding
    said: str


class Learn:
    """What a performer does to bind a control. One thread.

    `controls` are those of the show's controllers, by name; `bindings` gives the bindings that play now.
    """

    def __init__(
        self, tree: ParameterTree, controls: Mapping[str, MidiControl], bindings: Callable[[], Sequence[Binding]]
    ) -> None:
        self.active = False
        self._tree = tree
        self._controls = controls
        self._bindings = bindings
        self._paths = [path for path in tree.parameters if path not in _NOT_MEANT]
        self._target = ""  # the path that is to be bound; the one last played while nothing is learned
        self._typed = ""
        self._matching = self._paths  # those that fit what was typed
        self._watch = ControlWatch()
        self._said = ""
        self._said_until_s = 0.0

    def adopt(self, tree: ParameterTree, controls: Mapping[str, MidiControl]) -> None:
        """Go on with another version of the show: whoever is learning goes on learning."""
        self._tree, self._controls = tree, controls
        self._paths = [path for path in tree.parameters if path not in _NOT_MEANT]
        self._type(self._typed)
        if tree.find(self._target) is None:
            self._target = ""

    def played(self, path: str) -> None:
        """`path` was played by hand: it is what the next control will be bound to, unless another is chosen."""
        if not self.active and path not in _NOT_MEANT:
            self._target = path

    def toggle(self, now_s: float, *, locked: bool) -> None:
        """Begin to learn at `now_s` (show seconds), or leave. A show that is locked says so."""
        if self.active:
            self.leave()
        elif locked:
            self.tell("locked: /lock 0 lets controls be learned", now_s)
        else:
            self.active, self._said, self._watch = True, "", ControlWatch()
            self._type("")

    def leave(self) -> None:
        """Leave; what was bound stays."""
        self.active = False

    def tell(self, said: str, now_s: float) -> None:
        """Let `said` be read for some seconds from `now_s`."""
        self._said, self._said_until_s = said, now_s + _TOLD_S

    def key(self, name: str) -> None:
        """A key was pressed while learning: up and down step through the paths, typing narrows them, escape leaves."""
        if name in LEAVING_KEYS:
            self.leave()
        elif name in ("up", "down"):
            self._step(-1 if name == "up" else 1)
        elif name == "backspace":
            self._type(self._typed[:-1])
        elif name in _TYPED or len(name) == 1:
            self._type(self._typed + _TYPED.get(name, name))
            if self._target not in self._matching:
                self._target = next(iter(self._matching), self._target)

    def hear(self, event: Event, value: ValueOf) -> Learned | None:
        """A control's event while learning; what was learned, once it has moved clearly. `value` tells where a path is.

        An OSC address that is a path of the tree needs no binding, and is no control.
        """
        if event.address.startswith("/") and self._tree.find(event.address) is not None:
            return None
        return self._take(self._watch.hear(event), event.at_s, value)

    def at(self, now_s: float, value: ValueOf, *, locked: bool) -> Learned | None:
        """What was learned by `now_s` without a further event: a note that nobody lets go."""
        if self.active and locked:
            self.leave()
            self.tell("locked: learning ends", now_s)
        return self._take(self._watch.held_too_long(now_s), now_s, value) if self.active else None

    def line(self, now_s: float) -> str:
        """What the operator reads at `now_s`; "" where there is nothing to say."""
        said = self._said if now_s < self._said_until_s else ""
        if not self.active:
            return said and f"learn: {said}"
        if not self._target:
            wish = "choose what to play with up and down, or type a part of its path"
        else:
            wish = f"move a control to play {self._target}"
        found = f'  "{self._typed}" {len(self._matching)} of {len(self._paths)}' if self._typed else ""
        return f"LEARN {said}{' · ' if said else ''}{wish}{found}  (up down: others, letters: search, escape: leave)"

    def _type(self, typed: str) -> None:
        self._typed, words = typed, typed.split()
        self._matching = [path for path in self._paths if all(word in path for word in words)]

    def _step(self, by: int) -> None:
        matching = self._matching
        if self._target in matching:
            self._target = matching[(matching.index(self._target) + by) % len(matching)]
        elif matching:
            self._target = matching[0 if by > 0 else -1]

    def _take(self, moved: Moved | None, now_s: float, value: ValueOf) -> Learned | None:
        parameter = self._tree.find(self._target)
        if moved is None or parameter is None:
            return None
        self._watch = ControlWatch()
        name = self._name(moved)
        control = name or _told(moved)
        if parameter.kind is Kind.ACTION and moved.shape != "button":
            what = "an endless encoder" if moved.shape == "encoder" else "a fader"
            self.tell(f"{control} moves like {what}: {self._target} fires, and wants a button", now_s)
            return None
        others = [target_path(binding) for binding in self._bindings() if _has_control(binding, moved)]
        if self._target in others:
            self.tell(f"{control} plays {self._target} already: nothing is changed", now_s)
            self.leave()
            return None
        written = binding_of(moved, parameter, value(self._target), name)
        played = written if name is None else written.model_copy(update=self._looked_up(name))
        besides = f", and goes on playing {', '.join(dict.fromkeys(others))}" if others else ""
        self.leave()
        self.tell(f"{control} plays {self._target}{besides}", now_s)
        return Learned(written, played, self._said)

    def _looked_up(self, name: str) -> dict[str, object]:
        return {"midi": self._controls[name], "control": None}

    def _name(self, moved: Moved) -> str | None:
        """The control's name in one of the show's controllers; None where it belongs to none."""
        if moved.midi is None:
            return None
        addresses = _addresses(moved.midi)
        named = (name for name, control in self._controls.items() if midi_address(control) in addresses)
        return next((name for name in named if fits(moved.port, self._controls[name].port)), None)


def binding_of(moved: Moved, parameter: Parameter, value: float | None, name: str | None = None) -> Binding:
    """The binding of a control that moved to `parameter`, which stands at `value`; `name` is the control's own.

    Faders and encoders play the parameter's range. Buttons fire actions and toggle switches; an index or a position
    they call back as it stands now; any other number they play as hard as they are hit.
    """
    control = {"control": name} if name is not None else {"midi": moved.midi, "osc": moved.osc}
    position = _POSITION.fullmatch(parameter.path)
    plays = {"scrub": position[1]} if position else {"to": parameter.path}
    how: dict[str, object] = {}
    if moved.shape == "button" and parameter.kind is Kind.SWITCH:
        how = {"press": "toggle"}
    elif moved.shape == "button" and value is not None and (position or parameter.kind is Kind.INDEX):
        how = {"value": parameter.clamp(round(value, 4))}
    return Binding.model_validate({**control, **plays, **how})


def _has_control(binding: Binding, moved: Moved) -> bool:
    if moved.midi is None or binding.midi is None:
        return moved.osc is not None and binding.osc == moved.osc
    return midi_address(binding.midi) in _addresses(moved.midi) and fits(moved.port, binding.midi.port)


def _addresses(control: MidiControl) -> tuple[str, str]:
    """Its address, and the one that it has in bindings for any channel."""
    return midi_address(control), midi_address(control.model_copy(update={"channel": None}))


def _told(moved: Moved) -> str:
    """The control as a person names it: cc 21 on channel 1."""
    if moved.midi is None:
        return moved.osc or ""
    said = moved.midi.model_dump(exclude_none=True, include=_KINDS)
    what = next(_WHOLE_CHANNEL.get(kind, f"{kind} {number}") for kind, number in said.items())
    fine = " (14 bits)" if moved.midi.bits == 14 else ""
    return f"{what}{fine} on channel {moved.midi.channel}"
