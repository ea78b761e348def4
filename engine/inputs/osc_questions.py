"""Questions over OSC, and their answers. QUESTIONS is the one table: docs/osc.md is written from it."""

from __future__ import annotations

from collections.abc import Iterable

from engine import __version__
from engine.core.layers import clips_of, layer_of
from engine.formats.osc_figures import ADDRESS as FIGURES_ADDRESS
from engine.formats.osc_figures import figure_packets
from engine.formats.osc_peer import OscPeer
from engine.formats.osc_write import bundled, osc_message
from engine.inputs.osc_match import PatternError
from engine.inputs.osc_packet import OscMessage
from engine.inputs.osc_question import Facts, Latest, Question, RefusedError


def _text(message: OscMessage) -> str | None:
    return next((argument for argument in message.arguments if isinstance(argument, str)), None)


def _now(facts: Facts) -> Latest:
    latest = facts.latest()
    if latest is None:
        raise RefusedError("the show has not begun", "Ask again in a second.")
    return latest


def _counted(address: str, messages: Iterable[bytes]) -> Iterable[bytes]:
    """The messages, and how many there were; in bundles, since a socket takes in only so many packets at once."""
    listed = list(messages)
    return bundled([*listed, osc_message(f"{address}/end", "i", len(listed))])


def _version(_facts: Facts, message: OscMessage, _peer: OscPeer) -> Iterable[bytes]:
    return [osc_message(message.address, "ss", "runtime", __version__)]


def _ping(_facts: Facts, message: OscMessage, _peer: OscPeer) -> Iterable[bytes]:
    argument = message.arguments[0] if message.arguments else None
    if isinstance(argument, str):
        return [osc_message("/runtime/pong", "s", argument)]
    if type(argument) is int and abs(argument) < 2**31:
        return [osc_message("/runtime/pong", "i", argument)]
    if message.arguments and message.value is not None:
        return [osc_message("/runtime/pong", "f", message.value)]
    return [osc_message("/runtime/pong")]


def _get(facts: Facts, message: OscMessage, _peer: OscPeer) -> Iterable[bytes]:
    path = _text(message) or ""
    if facts.world.tree.find(path) is None:
        raise RefusedError(f"{path[:200]!a} is no path of this show", "/runtime/list tells them all.")
    value = _now(facts).value(path)
    if value is None:
        return [osc_message("/runtime/value", "sN", path, None)]
    return [osc_message("/runtime/value", "sf", path, value)]


def _paths(facts: Facts, message: OscMessage) -> tuple[str, ...] | None:
    """The paths that the message's pattern fits, with all below them; None without a pattern."""
    pattern = _text(message)
    if pattern is None:
        return None
    try:
        paths = facts.matcher.matches(pattern, whole_branches=True)
    except PatternError as error:
        raise RefusedError(
            str(error), 'Say a beginning such as "/layer/echo", or a pattern such as "/layer/*".'
        ) from error
    if not paths:
        raise RefusedError(f"{pattern[:200]!a} fits nothing in this show", "/runtime/list tells all paths.")
    return paths


def _list(facts: Facts, message: OscMessage, _peer: OscPeer) -> Iterable[bytes]:
    parameters = facts.world.tree.parameters
    found = [parameters[path] for path in _paths(facts, message) or parameters]
    return _counted(
        message.address,
        (
            osc_message(
                message.address,
                "ssfffss",
                *(entry.path, entry.kind.value, entry.low, entry.high, entry.default, entry.unit, entry.doc),
            )
            for entry in found
        ),
    )


def _movements(facts: Facts, message: OscMessage, _peer: OscPeer) -> Iterable[bytes]:
    return _counted(
        message.address,
        (
            osc_message(message.address, "isf", movement.index, movement.name, movement.duration_s)
            for movement in facts.world.loaded.movements
        ),
    )


def _cues(facts: Facts, message: OscMessage, _peer: OscPeer) -> Iterable[bytes]:
    cues = enumerate(facts.world.loaded.show.cues)
    return _counted(
        message.address, (osc_message(message.address, "iss", index, cue.name, cue.note) for index, cue in cues)
    )


def _clips(facts: Facts, message: OscMessage, _peer: OscPeer) -> Iterable[bytes]:
    name = _text(message) or ""
    latest = _now(facts)
    world, state = latest.world, latest.state
    layer = layer_of(world, state.current, name)
    if layer is None:
        there = ", ".join(layer.name for layer in world.loaded.show.layers)
        raise RefusedError(f"no layer {name[:100]!a} in this movement", f"The show has {there[:500]}.")
    clips = world.loaded.clips
    slugs = enumerate(clips_of(world, state.current, layer))
    return _counted(
        message.address,
        (
            osc_message(message.address, "sisf", name, index, slug, clips[slug].frame_count / clips[slug].rate_hz)
            for index, slug in slugs
        ),
    )


def _show(facts: Facts, message: OscMessage, _peer: OscPeer) -> Iterable[bytes]:
    loaded = facts.world.loaded
    return [osc_message(message.address, "ss", loaded.show.title, loaded.file.name)]


def _status(facts: Facts, message: OscMessage, _peer: OscPeer) -> Iterable[bytes]:
    latest = _now(facts)
    state, show = latest.state, latest.world.loaded.show
    movement = latest.world.loaded.movements[state.current.index]
    standby = show.cues[state.standby].name if state.standby < len(show.cues) else ""
    position, bpm = (latest.value(path) or 0.0 for path in ("/movement/position", "/tempo/bpm"))
    numbers = (latest.tick.now_s, movement.name, movement.index, position, standby, bpm, facts.clock())
    return [osc_message(message.address, "fsifsfs", *numbers)]


def _figures(facts: Facts, message: OscMessage, _peer: OscPeer) -> Iterable[bytes]:
    if message.address == FIGURES_ADDRESS and message.value == 0:  # a button that is let go asks for nothing
        return []
    return figure_packets(facts.figures.snapshot())


def _target(message: OscMessage, peer: OscPeer) -> OscPeer:
    """Where the asker wants to be told: the port that it names, or where it asked from."""
    port = next((argument for argument in message.arguments if type(argument) in (int, float)), None)
    if port is None or peer.at_port is None:
        return peer
    assert isinstance(port, int | float)
    if not 1 <= port <= 65_535:
        raise RefusedError(f"{port:g} is no port", "Ports are 1 to 65535.")
    return peer.at_port(int(port))


def _subscribe(facts: Facts, message: OscMessage, peer: OscPeer) -> Iterable[bytes]:
    paths, target = _paths(facts, message), _target(message, peer)
    return _promised(facts.listeners.subscribe(target, peer.key, paths), "/runtime/subscribed")


def _monitor(facts: Facts, message: OscMessage, peer: OscPeer) -> Iterable[bytes]:
    return _promised(facts.listeners.monitor(_target(message, peer)), "/runtime/monitoring")


def _promised(for_s: float | None, address: str) -> Iterable[bytes]:
    if for_s is None:
        raise RefusedError("too many are told already", "Wait until one of them is gone: a minute at most.")
    return [osc_message(address, "f", for_s)]


def _unsubscribe(facts: Facts, message: OscMessage, peer: OscPeer) -> Iterable[bytes]:
    facts.listeners.unsubscribe(_target(message, peer))
    return [osc_message("/runtime/unsubscribed")]


_EVENT = (
    "`/runtime/event` d s s f s s f s s: show time, source, address, value, what became of it, path and value played, "
    "the device's port, what it waits for"
)
_PULSE = (
    "`/runtime/onset` d s f for each onset of the track: show time, detector (empty: the main), strength; ten times "
    "a second `/runtime/clock` s s s s f f: the clock followed, those that run, those that are missing, whose beats "
    "count, beats a minute, ms that the clock is ahead; and `/runtime/meter` s f f f f for each bus: peak left and "
    "right, RMS left and right, in dB"
)

QUESTIONS = (
    Question("/runtime/version", "", "`/runtime/version` s s: name, version", "Who is there.", _version),
    Question("/runtime/show", "", "`/runtime/show` s s: title, file name", "Which show it plays.", _show),
    Question("/runtime/ping", "anything", "`/runtime/pong` with the same argument", "Is anybody there.", _ping),
    Question(
        "/runtime/status",
        "",
        "`/runtime/status` f s i f s f s: show time in seconds, movement, its index, position in it 0..1, the cue that "
        "stands by, beats a minute, the clock that is followed",
        "How the show stands.",
        _status,
    ),
    Question(
        "/runtime/get",
        "s path",
        "`/runtime/value` s f: path, value; nil instead of a value that there is not",
        "One value.",
        _get,
    ),
    Question(
        "/runtime/list",
        "s pattern, or nothing",
        "`/runtime/list` s s f f f s s for each path: path, kind, low, high, default, unit, doc; `/runtime/list/end` i",
        "What there is to play: all of it, or what the pattern fits and all below.",
        _list,
    ),
    Question(
        "/runtime/movements",
        "",
        "`/runtime/movements` i s f for each: index, name, seconds; `/runtime/movements/end` i",
        "The movements.",
        _movements,
    ),
    Question(
        "/runtime/cues",
        "",
        "`/runtime/cues` i s s for each: index, name, note; `/runtime/cues/end` i",
        "The cue list.",
        _cues,
    ),
    Question(
        "/runtime/clips",
        "s layer",
        "`/runtime/clips` s i s f for each: layer, index, slug, seconds; `/runtime/clips/end` i",
        "What a layer chooses among, in this movement.",
        _clips,
    ),
    Question("/runtime/figures", "", "`/figures/…`, one message each", "The figures of the run.", _figures),
    Question(FIGURES_ADDRESS, "any number but 0", "the same", "The same, as a button.", _figures),
    Question(
        "/runtime/subscribe",
        "i port, s pattern: either, both or none",
        "`/runtime/subscribed` f: for how many seconds; then each value under its own path, at first all of them; "
        "without a pattern also `/runtime/movement` s i, `/runtime/standby` s i and `/runtime/beat` i as they change",
        "To be told every change, at that port or where it asked from. Asking again renews it.",
        _subscribe,
    ),
    Question(
        "/runtime/monitor",
        "i port, or nothing",
        f"`/runtime/monitoring` f: for how many seconds; then {_EVENT}; `/runtime/event/skipped` i: how many were not "
        f"told, being more than 500 a second; {_PULSE}",
        "To be told every event and what became of it, and how clocks and sound stand. Asking again renews it.",
        _monitor,
    ),
    Question(
        "/runtime/unsubscribe",
        "i port, or nothing",
        "`/runtime/unsubscribed`",
        "To be told nothing any more.",
        _unsubscribe,
    ),
)
