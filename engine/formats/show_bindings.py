"""The bindings of a show: does each path exist, do the numbers fit it, and do the options go together?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.formats.binding_options import clashes
from engine.formats.nearest import did_you_mean
from engine.formats.show_paths import ShowPaths
from engine.formats.yaml_lines import Place
from engine.model.control_address import midi_address
from engine.model.controls import Binding, MidiControl
from engine.model.parameters import Parameter


@dataclass(frozen=True, slots=True)
class BindingCheck:
    """What bindings are checked against. `controls` has the controls of the show's controllers by their names."""

    paths: ShowPaths
    controls: Mapping[str, MidiControl]
    line: Callable[[Place], int]

    def run(self) -> None:
        """Report every mistake in every binding."""
        bindings = self.paths.show.bindings
        for index, binding in enumerate(bindings):
            self._check(("bindings", index), binding)
        self._check_twice_bound(bindings)

    def _check(self, place: Place, binding: Binding) -> None:
        if binding.scrub is not None:
            parameter = self._scrubbed((*place, "scrub"), binding.scrub)
        else:
            parameter = self.paths.found((*place, "to"), binding.to or "")
        self._check_modifier((*place, "modifier"), binding.modifier)
        self.paths.check_moment((*place, "quantise"), binding.quantise)
        if parameter is None:
            return
        self.paths.check_reach((*place, "range"), parameter, binding.range or ())
        self.paths.check_reach((*place, "value"), parameter, () if binding.value is None else (binding.value,))
        if binding.quantise is not None:
            self.paths.check_may_wait((*place, "quantise"), parameter)
        for clash in clashes(binding, self._midi(binding), parameter):
            key = "scrub" if clash.key == "to" and binding.scrub is not None else clash.key
            self.paths.report((*place, key), clash.what, clash.mend)

    def _midi(self, binding: Binding) -> MidiControl | None:
        return binding.midi if binding.control is None else self.controls.get(binding.control)

    def _scrubbed(self, place: Place, path: str) -> Parameter | None:
        known = ["/movement", *(f"/layer/{layer.name}" for layer in self.paths.show.layers)]
        if path not in known and not self.paths.beyond_knowing(path):
            mend = did_you_mean(path, known, f"there are {', '.join(known)}")
            self.paths.report(place, f"{path} cannot be scrubbed", mend)
        return self.paths.tree.find(f"{path}/position") if path in known else None

    def _check_modifier(self, place: Place, name: str | None) -> None:
        known = self.paths.show.modifiers
        if name is not None and name not in known and self.paths.names_known("modifiers"):
            there = f"there are {', '.join(known)}" if known else "name its control under modifiers:"
            self.paths.report(place, f"there is no modifier {name}", did_you_mean(name, known, there))

    def _check_twice_bound(self, bindings: tuple[Binding, ...]) -> None:
        """Report controls that play one path twice: both would speak at once."""
        heard: dict[tuple[object, ...], list[tuple[int, MidiControl | None]]] = {}
        for index, binding in enumerate(bindings):
            if any(place[:2] == ("bindings", index) for place in self.paths.set_aside):
                continue  # it may have meant another control, or another path
            midi = self._midi(binding)
            control = _any_channel(midi) if midi is not None else (binding.key, binding.osc, binding.control)
            path = binding.to or f"{binding.scrub}/position"
            before = heard.setdefault((control, path, binding.page, binding.modifier), [])
            other = next((one for one, its_midi in before if _meet(midi, its_midi)), None)
            before.append((index, midi))
            if other is not None:
                line = self.line(("bindings", other))
                mend = "keep one of them, or give them different pages or modifiers"
                self.paths.report(("bindings", index), f"its control plays {path} already, on line {line}", mend)


def _any_channel(midi: MidiControl) -> str:
    return midi_address(midi.model_copy(update={"channel": None}))


def _meet(one: MidiControl | None, other: MidiControl | None) -> bool:
    """Whether a message may come to both of two controls that are alike but for channel and port."""
    if one is None or other is None:
        return True
    ports = sorted((one.port.casefold(), other.port.casefold()), key=len)
    channels = {one.channel, other.channel}
    return (None in channels or len(channels) == 1) and ports[0] in ports[1]
