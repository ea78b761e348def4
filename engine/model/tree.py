"""The parameter tree of a show: every path that a performer can touch. `docs/parameters.md` is made from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from engine.model.parameters import Kind, Parameter
from engine.model.show import Layer

# A 7-bit fader moves in 128 steps; ramping each over this time hides them without a delay to be felt.
FADER_SMOOTHING_S = 0.03

_SHOW = (
    Parameter("/go", Kind.ACTION, "The next movement: the same as /movement/next, on the key that hands know."),
    Parameter("/panic", Kind.ACTION, "Let go of everything that was touched: all parameters and clips as written."),
    Parameter("/quit", Kind.ACTION, "End the player."),
    Parameter("/figures", Kind.ACTION, "Print the figures of the run so far; over OSC, send them to whoever asked."),
    Parameter("/onset", Kind.ACTION, "An onset, as if the music had one: taps and live detectors come in here."),
    Parameter("/master/fade", Kind.NUMBER, "The whole picture: 0 black, 1 full.", default=1.0, smoothing_s=0.05),
    Parameter("/movement/next", Kind.ACTION, "Begin the next movement."),
    Parameter("/movement/previous", Kind.ACTION, "Begin the movement before."),
    Parameter("/movement/restart", Kind.ACTION, "Begin this movement again."),
    Parameter("/movement/index", Kind.INDEX, "Begin the movement with this zero-based index.", high=998),
    Parameter("/movement/position", Kind.NUMBER, "0 the movement's beginning, 1 its end; holds the picture there."),
    Parameter("/movement/release", Kind.ACTION, "Let a held movement run on from where it stands."),
)


def _layer_parameters(layer: Layer, clip_count: int) -> Iterable[Parameter]:
    at = f"/layer/{layer.name}"
    smooth = FADER_SMOOTHING_S
    yield Parameter(f"{at}/opacity", Kind.NUMBER, "0 clear, 1 full.", default=layer.opacity, smoothing_s=smooth)
    yield Parameter(f"{at}/position", Kind.NUMBER, "0 the clip's in point, 1 its out point; holds it there.")
    yield Parameter(f"{at}/release", Kind.ACTION, "Let a held clip play on from where it stands.")
    yield Parameter(f"{at}/speed", Kind.NUMBER, "Playing speed; negative is backwards.", -16, 16, layer.speed, "×")
    yield Parameter(f"{at}/jump", Kind.ACTION, "Jump to a random position of the clip.")
    yield Parameter(f"{at}/next", Kind.ACTION, "The next of the layer's clips.")
    yield Parameter(f"{at}/random", Kind.ACTION, "Another of the layer's clips, at random.")
    yield Parameter(f"{at}/flash", Kind.ACTION, "A burst of light that dies away.")
    yield Parameter(
        f"{at}/clip", Kind.INDEX, "The layer's clip with this zero-based index.", high=max(0, clip_count - 1)
    )
    place = layer.transform
    yield Parameter(f"{at}/x", Kind.NUMBER, "Right, in canvas widths.", -4, 4, place.x, smoothing_s=smooth)
    yield Parameter(f"{at}/y", Kind.NUMBER, "Up, in canvas heights.", -4, 4, place.y, smoothing_s=smooth)
    yield Parameter(f"{at}/scale", Kind.NUMBER, "Size, as a factor.", 0.01, 32, place.scale, "×", smooth)
    yield Parameter(f"{at}/rotation", Kind.NUMBER, "Anticlockwise.", -3600, 3600, place.rotation_deg, "deg", smooth)


class ParameterTree:
    """Every parameter and action of a show with these layers and clips, found by path. Immutable; any thread.

    `parameters` holds them all but one family: `/layer/x/clip/<slug>`, which fires a clip of the library, is
    worked out when asked for, since layers × clips would be millions of entries.
    """

    def __init__(
        self, layers: Sequence[Layer], clips: Collection[str] = (), clip_counts: Mapping[str, int] | None = None
    ) -> None:
        """`clips` are the library's slugs; `clip_counts` says how many of them each layer chooses among (None: all)."""
        self._clips = clips
        counts = clip_counts or {}
        self.parameters: dict[str, Parameter] = {parameter.path: parameter for parameter in _SHOW}
        for layer in layers:
            count = counts.get(layer.name, len(clips))
            self.parameters.update((found.path, found) for found in _layer_parameters(layer, count))

    def find(self, path: str) -> Parameter | None:
        """The entry at `path`, or None."""
        found = self.parameters.get(path)
        if found is None:
            parent, _, slug = path.rpartition("/")
            if parent.endswith("/clip") and parent in self.parameters and slug in self._clips:
                return Parameter(path, Kind.ACTION, f"Play {slug} from its beginning.")
        return found
