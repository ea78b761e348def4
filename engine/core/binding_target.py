"""A binding made ready for the loop: what its control plays, and how. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from engine.core.control_value import Reach, out_of_dead_zone, steps_turned
from engine.core.presses import Control
from engine.core.takeover import Pickup, Scaling, Takeover
from engine.model.controls import Binding
from engine.model.cueing import Quantise
from engine.model.parameters import Kind, Parameter
from engine.model.tree import ParameterTree


class Way(Enum):
    """How a control plays its parameter."""

    FOLLOW = auto()  # the parameter goes where the control goes
    TURN = auto()  # steps of an endless encoder
    TRIGGER = auto()
    TOGGLE = auto()
    MOMENTARY = auto()
    GATE = auto()


@dataclass(slots=True, eq=False)
class Target:
    """A binding made ready. Equal to itself alone; what changes is how controls grip it.

    `lower` is what a button that is let go sends, `upper` what it sends when it is pressed, None where that follows
    from how hard it was hit.
    """

    binding: Binding
    parameter: Parameter
    way: Way
    reach: Reach
    lower: float
    upper: float | None
    wait: Quantise | None
    grips: dict[Control, Takeover] = field(default_factory=dict)
    turned: dict[Control, float] = field(default_factory=dict)  # travels of encoders: they keep parts of an index

    def is_like(self, other: Target) -> bool:
        """Whether both do the same with the same control."""
        alike = self.binding == other.binding and self.wait == other.wait
        mine, its = (replace(one.parameter, doc="", default=0.0) for one in (self, other))
        return alike and mine == its

    @property
    def port(self) -> str:
        """What its port's name has in it, letter case aside; "" for any."""
        return "" if self.binding.midi is None else self.binding.midi.port.casefold()

    @property
    def is_centred(self) -> bool:
        return self.binding.midi is not None and self.binding.midi.pitch is not None

    @property
    def has_release(self) -> bool:
        """Whether letting go has something to say."""
        return self.way in (Way.MOMENTARY, Way.GATE)

    @property
    def strikes(self) -> bool:
        """Whether each value above 0 is a press of its own: of notes, program changes and keys."""
        midi = self.binding.midi
        return self.binding.key is not None or (midi is not None and not (midi.note is None and midi.program is None))

    @property
    def is_kept(self) -> bool:
        """Whether it has to be known that it is pressed: for its release, or because its control sends a stream of
        values, of which only the first above 0 is a press."""
        midi = self.binding.midi
        streams = midi is not None and not self.strikes and (midi.cc is None or midi.bits == 14)
        return self.has_release or streams

    @property
    def takes_over(self) -> bool:
        return self.way is Way.FOLLOW and self.binding.takeover != "jump"

    @property
    def is_plain(self) -> bool:
        """Whether it follows its control at any time, wherever that goes: what nearly every fader does."""
        always = self.binding.page is None and self.binding.modifier is None
        follows = self.way is Way.FOLLOW and not self.takes_over and self.wait is None
        parameter = self.parameter
        fits = all(parameter.low <= end <= parameter.high for end in (self.reach.low, self.reach.high))
        return always and follows and fits and parameter.kind is Kind.NUMBER

    def plain_value(self) -> Callable[[float], float]:
        """From its control at 0..1 to its parameter's value, for a target that is plain."""
        reach, binding = self.reach, self.binding
        if binding.dead_zone or binding.curve != "linear":
            return lambda control: reach.value(self.travel(control))
        low, high = (reach.high, reach.low) if binding.invert else (reach.low, reach.high)
        return lambda control: low * (1.0 - control) + high * control

    @property
    def asks(self) -> bool:
        """Whether what it does hangs on the value that its parameter has."""
        return self.way in (Way.TURN, Way.TOGGLE) or self.takes_over or self.parameter.kind is Kind.INDEX

    def depth(self, control: float) -> float:
        """The travel 0..1 of its control at 0..1, as it was moved."""
        zone = self.binding.dead_zone
        return out_of_dead_zone(control, zone, centred=self.is_centred) if zone else control

    def travel(self, control: float) -> float:
        """The travel 0..1 of its control at 0..1, turned round where the binding asks for it."""
        depth = self.depth(control)
        return 1.0 - depth if self.binding.invert else depth

    def steps(self, control: float) -> int:
        """How many steps its encoder was turned, upwards positive."""
        assert self.binding.midi is not None
        assert self.binding.midi.relative is not None
        steps = steps_turned(control, self.binding.midi.relative)
        return -steps if self.binding.invert else steps

    def grip(self, control: Control) -> Takeover:
        """The hold that `control` has on the parameter; a new one when it is first asked for."""
        found = self.grips.get(control)
        if found is None:
            found = self.grips[control] = Pickup() if self.binding.takeover == "pickup" else Scaling()
        return found


def target_path(binding: Binding) -> str:
    """The path that a binding plays: its `to`, or the position that its `scrub` moves."""
    return binding.to if binding.to is not None else f"{binding.scrub}/position"


def way_of(binding: Binding, parameter: Parameter) -> Way:
    """How the binding's control plays `parameter`."""
    midi = binding.midi
    if midi is not None and midi.relative is not None:
        return Way.TURN
    if parameter.kind is Kind.ACTION:
        return Way.TRIGGER
    if binding.press is not None:
        return Way[binding.press.upper()]
    if binding.value is not None or (midi is not None and midi.program is not None):
        return Way.TRIGGER
    is_button = binding.key is not None or (midi is not None and midi.note is not None)
    return Way.GATE if is_button else Way.FOLLOW


def target_of(binding: Binding, tree: ParameterTree, quantise: Mapping[str, Quantise]) -> Target:
    """The binding made ready. Raises ValueError where the tree has not got its path, or an encoder is to fire."""
    parameter = tree.find(target_path(binding))
    if parameter is None:
        raise ValueError(f"binding to {target_path(binding)}, which the show has not got")
    way = way_of(binding, parameter)
    if way is Way.TURN and parameter.kind is Kind.ACTION:
        raise ValueError(f"an endless encoder cannot fire {parameter.path}: it turns both ways")
    low, high = binding.range or (parameter.low, parameter.high)
    reach = Reach(low, high, binding.curve, parameter.kind)
    lower, upper = reach.value(float(binding.invert)), reach.value(float(not binding.invert))
    all_or_nothing = way in (Way.TOGGLE, Way.MOMENTARY)
    wait = binding.quantise or quantise.get(parameter.path)
    return Target(
        binding=binding,
        parameter=parameter,
        way=way,
        reach=reach,
        lower=lower,
        upper=binding.value if binding.value is not None else upper if all_or_nothing else None,
        wait=wait if parameter.may_wait else None,
    )
