"""A show that uses most of what show.yaml has, the clips that it names, and mistakes to make in it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from engine.errors import Problem, ShowError
from engine.formats.show_parse import parse_show
from engine.formats.show_resolve import Surroundings, resolve
from engine.model.clips import Clip, Codec
from engine.model.world import LoadedShow


def clip(slug: str, frame_count: int, rate: int = 30) -> Clip:
    return Clip(slug, Path(slug), Codec.MJPEG, 64, 48, Fraction(rate), frame_count)


CLIPS = {found.slug: found for found in (clip("fire-1", 60), clip("fire-2", 120), clip("river", 300), clip("wall", 90))}
BLENDS = frozenset({"normal", "add", "screen", "multiply"})

SCHEDULE = """order,clip,in_s,out_s,duration_s,layer,transition,hint
1,fire-1,0.5,1.5,,base,,
2,,,,2,base,,dark
3,river,,,4,base,fade 0.5,
"""

WHOLE = """title: Whole
canvas:
  width: 640
  height: 360
  rate: 25
library: clips
seed: 7
onsets:
  method: specflux
layers:
  - name: base
    opacity: 0.8
  - name: echo
    blend: screen
    clips:
      - fire*
      - wall
    choose: random
    in_s: 0.25
    out_s: 1.5
    transform:
      scale: 0.5
    on_onset:
      action: next_clip
      every: 2
movements:
  - name: first
    schedule: first.csv
    transition_s: 1
    layers:
      echo:
        opacity: 0.25
        transform: {x: 0.1}
  - name: second
    duration_s: 8
    hidden: [echo]
bindings:
  - midi: {cc: 21, channel: 1}
    to: /layer/echo/opacity
  - key: space
    to: /go
  - osc: /fader/1
    scrub: /layer/base
    range: [0, 1]
inputs:
  osc:
    port: 9720
"""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line of WHOLE, what stands there instead, and what is then said of that line."""

    line: str
    instead: str
    said: str


MISTAKES = (
    Mistake("title: Whole", "title: 1984", 'must be text, not 1984 (put it in quotes: "1984")'),
    Mistake("  width: 640", "  width: 8", "must be at least 16, not 8"),
    Mistake("  height: 360", "  heiht: 360", "did you mean height?"),
    Mistake("  rate: 25", "  rate: fast", 'must be a number, not "fast"'),
    Mistake("seed: 7", "seed: -1", "must be at least 0"),
    Mistake("  method: specflux", "  method: specflx", "did you mean specflux?"),
    Mistake("    opacity: 0.8", "    opacity: 80", "must be at most 1, not 80"),
    Mistake("    blend: screen", "    blend: screeen", "did you mean screen?"),
    Mistake("      - wall", "      - wal", "did you mean wall?"),
    Mistake("      - fire*", "      - water*", "matches no clip"),
    Mistake("    choose: random", "    choose: random\n    chose: order", "did you mean choose?"),
    Mistake("    out_s: 1.5", "    out_s: 0.2", "must be after in_s (0.25)"),
    Mistake("      scale: 0.5", "      scale:", "is empty"),
    Mistake("      action: next_clip", "      action: nextclip", "did you mean next_clip?"),
    Mistake("      every: 2", "      every: 1.5", "must be a whole number"),
    Mistake("    schedule: first.csv", "    schedule: firstt.csv", "did you mean first.csv?"),
    Mistake("    transition_s: 1", "    transition_s: -1", "must be at least 0"),
    Mistake("        opacity: 0.25", "        opacity: yes", 'must be a number, not "yes"'),
    Mistake("        transform: {x: 0.1}", "        transform: 3", "must be a group of settings"),
    Mistake("  - name: second", "  - name: first", "first is the name of two movements"),
    Mistake("    duration_s: 8", "    duration_s: 0", "must be at least 0.1"),
    Mistake("    hidden: [echo]", "    hidden: [ecco]", "did you mean echo?"),
    Mistake("  - midi: {cc: 21, channel: 1}", "  - midi: {cc: 21, note: 3}", "say exactly one of cc, note, pitch"),
    Mistake("    to: /layer/echo/opacity", "    to: /layer/echo/opacitty", "did you mean /layer/echo/opacity?"),
    Mistake("  - key: space", "  - key: Space", "a key's name in lower case"),
    Mistake("    to: /go", "    to: go", "a path such as"),
    Mistake("    scrub: /layer/base", "    scrub: /layer/bse", "did you mean /layer/base?"),
    Mistake("    range: [0, 1]", "    range: [0]", "the list is too short"),
    Mistake("    port: 9720", "    port: 99999", "must be at most 65535"),
    Mistake("    port: 9720", "    port: 9720\n    port: 9721", "is written twice"),
)


def surroundings() -> Surroundings:
    return Surroundings(CLIPS, {}, BLENDS)


def write_schedule(folder: Path, text: str = SCHEDULE) -> None:
    (folder / "first.csv").write_text(text, encoding="utf-8")


def load(text: str, folder: Path, around: Surroundings | None = None) -> tuple[LoadedShow | None, list[Problem]]:
    """A show's text parsed and resolved against CLIPS; `folder` is where its schedules lie."""
    file = folder / "show.yaml"
    try:
        parsed = parse_show(text, str(file))
    except ShowError as error:
        return None, list(error.problems)
    loaded, problems = resolve(parsed, file, around or surroundings())
    return loaded, [*parsed.problems, *problems]
