"""What is held down: each release goes to what its press played, whatever page and modifiers are by then. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from engine.core.binding_target import Target

Control: TypeAlias = tuple[str, str]
"""A control as one pair of hands knows it: its address with the channel, and its port ("" for keys and OSC)."""


class Presses:
    """The controls that are held down, with what they play, and the modifiers among them. One thread."""

    def __init__(self) -> None:
        self.modifiers: dict[str, set[Control]] = {}  # only those that are held, by which controls
        self._played: dict[Control, list[Target]] = {}

    def holds_any(self, control: Control) -> bool:
        return control in self._played

    def holds(self, control: Control, target: Target) -> bool:
        return target in self._played.get(control, ())

    def begin(self, control: Control, target: Target) -> None:
        """`control` is held and plays `target` until `end`."""
        if not self.holds(control, target):
            self._played.setdefault(control, []).append(target)

    def end(self, control: Control, target: Target) -> None:
        targets = self._played[control]
        targets.remove(target)
        if not targets:
            del self._played[control]

    def modify(self, modifier: str, control: Control, *, held: bool) -> None:
        """`control`, one of those that are this modifier, is pressed or let go."""
        by = self.modifiers.setdefault(modifier, set())
        if held:
            by.add(control)
        else:
            by.discard(control)
        if not by:
            del self.modifiers[modifier]

    def keep(self, targets: Iterable[Target], modifiers: Container[str]) -> None:
        """Forget what is held down of all other targets and modifiers: nothing plays them any more."""
        known = set(map(id, targets))
        for control, played in list(self._played.items()):
            played[:] = [target for target in played if id(target) in known]
            if not played:
                del self._played[control]
        for name in [name for name in self.modifiers if name not in modifiers]:
            del self.modifiers[name]

    def of_port(self, port: str) -> Iterator[Control]:
        """Every control of `port` that is held, each once."""
        held = dict.fromkeys(self._played)
        for by in self.modifiers.values():
            held.update(dict.fromkeys(by))
        return (control for control in held if control[1] == port)
