"""The parameter tree of a show: every path that a performer can touch. `docs/parameters.md` is made from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from engine.model.parameters import Kind, Parameter
from engine.model.show import Layer, Show
from engine.model.sound_effects import SETTINGS

# A 7-bit fader moves in 128 steps; ramping each over this time hides them without a delay to be felt.
FADER_SMOOTHING_S = 0.03

_MASTER = (
    Parameter("/go", Kind.ACTION, "GO: the cue that stands by; in a show without cues, the next movement."),
    Parameter("/panic", Kind.ACTION, "All fades to black and silence; a second press cuts. /go or /reset ends it."),
    Parameter("/reset", Kind.ACTION, "Let go of everything that was touched: all parameters and clips as written."),
    Parameter("/lock", Kind.SWITCH, "Show mode: while it is 1, /quit and learn do nothing, and what is saved waits."),
    Parameter("/quit", Kind.ACTION, "End the player."),
    Parameter("/figures", Kind.ACTION, "Print the figures of the run so far; over OSC, send them to whoever asked."),
    Parameter("/onset", Kind.ACTION, "An onset, as if the music had one: taps and live detectors come in here."),
    Parameter("/master/fade", Kind.NUMBER, "The whole picture: 0 black, 1 full.", default=1.0, smoothing_s=0.05),
    Parameter("/master/blackout", Kind.SWITCH, "1: black, whatever the fade says."),
    Parameter("/master/freeze", Kind.SWITCH, "1: the picture stands still; the show goes on underneath."),
    Parameter("/master/volume", Kind.NUMBER, "All sound: 0 silent, 1 full.", default=1.0, smoothing_s=0.05),
    Parameter("/track/volume", Kind.NUMBER, "The music: 0 silent, 1 as written.", default=1.0, smoothing_s=0.05),
    Parameter("/control/page", Kind.INDEX, "Which page of bindings the controls play.", high=127),
    Parameter("/control/next", Kind.ACTION, "The next page of bindings."),
    Parameter("/control/previous", Kind.ACTION, "The page of bindings before."),
    Parameter("/control/learn", Kind.ACTION, "Learn: bind the next control that moves; again to leave."),
)
_TIME = (
    Parameter("/movement/next", Kind.ACTION, "Begin the next movement."),
    Parameter("/movement/previous", Kind.ACTION, "Begin the movement before."),
    Parameter("/movement/restart", Kind.ACTION, "Begin this movement again."),
    Parameter("/movement/index", Kind.INDEX, "Begin the movement with this zero-based index.", high=998),
    Parameter("/movement/position", Kind.NUMBER, "0 the movement's beginning, 1 its end; holds the picture there."),
    Parameter("/movement/release", Kind.ACTION, "Let a held movement run on from where it stands."),
    Parameter("/show/position", Kind.NUMBER, "Go there, music and all, and run on.", high=86_400, unit="s"),
    Parameter("/tempo/bpm", Kind.NUMBER, "Beats a minute, by hand or from a clock.", 20, 400, 120, "bpm"),
    Parameter("/tempo/tap", Kind.ACTION, "A beat is now; the third tap sets the tempo."),
    Parameter("/tempo/beat", Kind.NUMBER, "This beat is now, counted from 0, a bar's first.", high=1e9, unit="beats"),
    Parameter("/tempo/release", Kind.ACTION, "Let go of the tempo: the music's own beats count again."),
    Parameter("/cue/go", Kind.ACTION, "GO, as /go."),
    Parameter("/cue/back", Kind.ACTION, "The cue before stands by; nothing fires, and waits under way end."),
    Parameter("/cue/standby", Kind.INDEX, "The cue with this zero-based index stands by.", high=998),
)


def _layer_parameters(layer: Layer, clip_count: int) -> Iterable[Parameter]:
    at = f"/layer/{layer.name}"
    smooth = FADER_SMOOTHING_S
    number, index, action = Kind.NUMBER, Kind.INDEX, Kind.ACTION
    yield Parameter(f"{at}/opacity", number, "0 clear, 1 full.", default=layer.opacity, smoothing_s=smooth)
    yield Parameter(f"{at}/position", number, "0 the clip's in point, 1 its out point; holds it there.")
    yield Parameter(f"{at}/release", action, "Let a held clip play on from where it stands.")
    yield Parameter(f"{at}/speed", number, "Playing speed; negative is backwards.", -16, 16, layer.speed, "×")
    yield Parameter(f"{at}/volume", number, "The clip's own sound.", default=layer.volume, smoothing_s=smooth)
    yield Parameter(f"{at}/jump", action, "Jump to a random position of the clip.")
    yield Parameter(f"{at}/target", number, "Where /layer/NAME/land jumps to: 0 the in point, 1 the out point.")
    yield Parameter(f"{at}/land", action, "Jump to where /layer/NAME/target stands, and play on.")
    yield Parameter(f"{at}/cue", index, "Jump to this cue point of the clip.", high=max(0, len(layer.cue_points) - 1))
    yield Parameter(f"{at}/slice", index, "Jump to the beginning of this slice.", high=layer.slices - 1)
    yield Parameter(f"{at}/next", action, "The next of the layer's clips.")
    yield Parameter(f"{at}/previous", action, "The one before among the layer's clips.")
    yield Parameter(f"{at}/random", action, "Another of the layer's clips, at random.")
    yield Parameter(f"{at}/similar", action, "The clip most like this one that was not shown lately.")
    yield Parameter(f"{at}/flash", action, "A burst of light that dies away.")
    yield Parameter(f"{at}/clip", index, "The layer's clip with this zero-based index.", high=max(0, clip_count - 1))
    place = layer.transform
    yield Parameter(f"{at}/x", number, "Right, in canvas widths.", -4, 4, place.x, smoothing_s=smooth)
    yield Parameter(f"{at}/y", number, "Up, in canvas heights.", -4, 4, place.y, smoothing_s=smooth)
    yield Parameter(f"{at}/scale", number, "Size, as a factor.", 0.01, 32, place.scale, "×", smooth)
    yield Parameter(f"{at}/rotation", number, "Anticlockwise.", -3600, 3600, place.rotation_deg, "deg", smooth)


def _named_parameters(show: Show) -> Iterable[Parameter]:
    """The paths that hang on what the show names: detectors, levels, cues, sound effects."""
    for detector in show.detectors:
        yield Parameter(f"/onset/{detector.name}", Kind.ACTION, f"An onset of the detector {detector.name}.")
    for level in show.levels:
        yield Parameter(f"/level/{level.name}", Kind.NUMBER, "A level: heard live, or sent by another program.")
    for cue in show.cues:
        yield Parameter(f"/cue/{cue.name}", Kind.ACTION, "Fire this cue now, out of turn.")
    for effect in show.sound.effects:
        for name, setting in SETTINGS[effect.kind].items():
            at_first = effect.settings.get(name, setting.default)
            path = f"/sound/{effect.name}/{name}"
            yield Parameter(
                path, Kind.NUMBER, setting.doc, setting.low, setting.high, at_first, setting.unit, FADER_SMOOTHING_S
            )


class ParameterTree:
    """Every parameter and action of a show, found by path. Immutable; any thread.

    `parameters` holds them all but one family: `/layer/x/clip/<slug>`, which fires a clip of the library, is
    worked out when asked for, since layers × clips would be millions of entries.
    """

    def __init__(
        self,
        show: Show,
        clips: Collection[str] = (),
        clip_counts: Mapping[str, int] | None = None,
        shaders: Mapping[str, Parameter] = MappingProxyType({}),
    ) -> None:
        """`clips` are the library's slugs; `clip_counts` says how many of them each layer chooses among (None: all).

        `shaders` are the parameters of `ShaderPaths`, by path.
        """
        self._clips = clips
        counts = clip_counts or {}
        self.parameters: dict[str, Parameter] = {parameter.path: parameter for parameter in (*_MASTER, *_TIME)}
        self.parameters.update((found.path, found) for found in _named_parameters(show))
        for layer in show.layers:
            count = counts.get(layer.name, len(clips))
            self.parameters.update((found.path, found) for found in _layer_parameters(layer, count))
        self.parameters.update(shaders)

    def find(self, path: str) -> Parameter | None:
        """The entry at `path`, or None."""
        found = self.parameters.get(path)
        if found is None:
            parent, _, slug = path.rpartition("/")
            if parent.endswith("/clip") and parent in self.parameters and slug in self._clips:
                return Parameter(path, Kind.ACTION, f"Play {slug} from its beginning.")
        return found
