"""What the figures of a run are called, what they count, and what to do about a high one.

The one table that the report, OSC and docs/figures.md are made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Of what is sampled: the value that half, and that 99 % of all stay below, the largest, and the newest.
STATISTICS = ("p50", "p99", "max", "last")

Unit = Literal["", "ms", "frames", "requests", "bytes"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `sampled` ones have STATISTICS, the others are counts; `always` ones are reported even at 0."""

    name: str
    label: str
    what: str
    high: str
    unit: Unit = ""
    sampled: bool = False
    always: bool = False


def statistic_name(name: str, statistic: str) -> str:
    """The flat name of one statistic of a sampled figure: decode_ms, p99 → decode_ms_p99."""
    return f"{name}_{statistic}"


def split_name(flat: str) -> tuple[str, str]:
    """A flat name's figure and statistic; a count has the statistic ""."""
    name, _, statistic = flat.rpartition("_")
    return (name, statistic) if statistic in STATISTICS else (flat, "")


_PICTURE = (
    Figure(
        "frames_shown",
        "frames shown",
        "Frames drawn and handed to the output.",
        "That is good.",
        always=True,
    ),
    Figure(
        "frames_late",
        "frames late",
        "Ticks that began more than half a period late.",
        "Something holds the loop up. Compare `python_ms` and `upload_ms`; end what else runs on the machine; where "
        "drawing takes long, a smaller canvas or fewer layers help.",
        always=True,
    ),
    Figure(
        "frames_dropped",
        "frames dropped",
        "Whole periods left out, because the frame before took longer than one.",
        "As with late frames; each is a visible hitch.",
        always=True,
    ),
)

_PREREAD = (
    Figure(
        "preread_hits",
        "pre-read hits",
        "Frames of a plan that were decoded in time.",
        "That is good.",
    ),
    Figure(
        "preread_misses",
        "pre-read misses",
        "Frames of a plan that were not decoded in time: the nearest one held was shown instead.",
        "A few are the first frames after jumps that nobody could foresee. Many: the machine decodes too slowly for "
        "this show. See `decode_ms` and `queue_length`; build the library smaller (`--max-height 720`), put fewer "
        "layers in a movement, or give `cache_mb` more.",
        always=True,
    ),
    Figure(
        "preread_blank",
        "pre-read misses with nothing to show",
        "Of the misses, those where no frame of the clip was held at all, so that the layer was clear.",
        "Clips come on that were never read ahead: arm them (a quantised action, a schedule) or give `cache_mb` more.",
    ),
    Figure(
        "armed_jump_misses",
        "armed jumps missed",
        "Jumps that were armed two decode times ahead, and whose frame was not there when they fired.",
        "It should be 0. Anything else is a disk or a decoder that was slower than before, or a mistake of ours: "
        "report it.",
        always=True,
    ),
    Figure(
        "last_miss_wait_ms",
        "last miss wait",
        "From a pre-read miss until its frame was there; `last` is the newest miss.",
        "Above a tick or two: as with pre-read misses; a single high one is a disk that woke up.",
        unit="ms",
        sampled=True,
    ),
    Figure(
        "decode_ms",
        "decode",
        "Reading and decoding one frame, on its worker.",
        "More than a frame's time × workers ÷ layers cannot play: `runtime-tools bench SHOW` tells which clip. "
        "Clips outside the library are often the slow ones: build them into it.",
        unit="ms",
        sampled=True,
    ),
    Figure(
        "upload_ms",
        "upload",
        "Handing one decoded frame to the GPU.",
        "More than a millisecond or two: the frames are large for this GPU's bus. HAP, or smaller clips, need less.",
        unit="ms",
        sampled=True,
    ),
    Figure(
        "read_ahead",
        "read-ahead",
        "Frames held of those that will be wanted next, at each tick.",
        "High is good. 0 means that the workers only just keep up, or that `cache_mb` has no room.",
        unit="frames",
        sampled=True,
    ),
    Figure(
        "queue_length",
        "queue length",
        "Requests that no worker has begun, at each tick.",
        "It is bounded. At its bound all the time, with misses: decoding is the bottleneck.",
        unit="requests",
        sampled=True,
    ),
    Figure(
        "requests_dropped",
        "requests dropped",
        "Requests that were no longer wanted before a worker began them.",
        "Harmless: a fader was swept, and frames that nobody waits for any more were left out.",
    ),
    Figure(
        "cache_bytes",
        "cache",
        "Decoded frames held, at each tick.",
        "It stays below `cache_mb`. At the bound, with misses after jumps back: give it more.",
        unit="bytes",
        sampled=True,
    ),
    Figure(
        "source_errors",
        "damaged frames or clips",
        "Frames and files that could not be read or decoded; the log names each.",
        "Build the named sources again, or leave them out.",
    ),
    Figure(
        "upload_failed",
        "uploads that failed",
        "Frames that the GL driver refused.",
        "The driver lacks a format or the memory: the log says which. `runtime-tools doctor` tells what it has.",
    ),
)

_LOOK = (
    Figure(
        "passes",
        "passes",
        "Draws that a picture took; none where it looks as the one before.",
        "Each layer takes one, each effect as many as its file has passes. On software GL each costs about a layer.",
        sampled=True,
    ),
    Figure(
        "gpu_ms",
        "GPU",
        "How long the GPU was busy with a picture, where the driver tells; not on software GL.",
        "More than a frame's time cannot play: fewer effects, simpler ones, or a smaller canvas.",
        unit="ms",
        sampled=True,
    ),
    Figure(
        "shaders_failed",
        "shaders passed by",
        "Shaders that did not compile or could not be drawn, so that the picture passes as if they were not there.",
        "The log names each with its file and line: mend it, and save it again.",
    ),
    Figure(
        "picture_file_failed",
        "picture files not read",
        "Stills and colour tables of shaders and masks that could not be read; they are clear.",
        "The log names each: see whether it is there, and a picture.",
    ),
)

_LOOP = (
    Figure(
        "event_to_shown_ms",
        "event to picture",
        "From an event's stamp to the return of the swap that shows it; of a tick's events, the oldest one's.",
        "Two refreshes are usual at most. Above that frames are late, or the driver queues them.",
        unit="ms",
        sampled=True,
    ),
    Figure(
        "python_ms",
        "Python",
        "The loop's own share of a tick: events, state, plan, which frames are held, what to read ahead. Decoding, "
        "upload, drawing and waiting are not in it.",
        "Above 2 ms: very many events or layers, or a machine that is busy with something else.",
        unit="ms",
        sampled=True,
    ),
    Figure(
        "tick_late_ms",
        "tick late",
        "How long after its instant a tick began.",
        "Below 1 ms is the machine's own. Above half a period it counts as a late frame.",
        unit="ms",
        sampled=True,
    ),
)

_EVENTS = (
    Figure("events", "events", "Events that played a parameter or an action.", "As much as was played."),
    Figure(
        "events_unbound",
        "events bound to nothing",
        "Events whose control or address the show does not know; the log names them.",
        "Bind them, or leave that controller's messages out.",
    ),
    Figure(
        "events_clamped",
        "events out of range, clamped",
        "Events with a value outside of the parameter's range, which took the nearest end.",
        "State a `range` in the binding, or send the parameter's own unit.",
    ),
    Figure(
        "events_not_finite",
        "events without a finite number",
        "Events whose value is infinite or no number; they are ignored.",
        "Mend the program that sends them.",
    ),
    Figure(
        "events_overtaken",
        "events overtaken",
        "Values of faders that a newer one replaced within the same tick, in a crowd of 64 events or more.",
        "Usual where a program sends faster than pictures are shown.",
    ),
    Figure(
        "events_late",
        "events too late for their instant",
        "Events that came more than a second after their stamp; they count as if they had happened a second ago.",
        "The loop was held up, or a sender's clock is wrong.",
    ),
    Figure(
        "events_dropped",
        "events dropped",
        "Events lost because the inbox was full.",
        "A sender floods the player: more than 65,536 events between two ticks.",
    ),
    Figure("midi_events", "MIDI events", "Values of controls received over MIDI.", "As much as was played."),
    Figure(
        "midi_malformed",
        "MIDI messages malformed",
        "Messages cut short, data without a status, and undefined statuses, thrown away.",
        "A cable or an interface loses bytes.",
    ),
    Figure(
        "midi_told",
        "MIDI messages to controllers",
        "Messages that told controllers the values that they play.",
        "A value moves that lamps or motor faders show. `feedback: false` in a binding keeps it quiet.",
    ),
    Figure(
        "midi_ports_lost",
        "MIDI ports lost",
        "How often a MIDI port that was listened to went away; the log names it.",
        "A loose plug, or a hub that cannot feed its controllers.",
    ),
    Figure("osc_events", "OSC events", "OSC messages received and understood.", "As much as was sent."),
    Figure(
        "osc_ignored",
        "OSC messages ignored",
        "Packets that are no OSC, messages without a finite number, patterns that fit nothing; the log says why.",
        "Something else sends to this port, or the client sends text.",
    ),
    Figure(
        "osc_untimely",
        "OSC bundles of another time",
        "Messages in bundles that are due more than a minute from now, either way; they are done at once.",
        "The sender's clock is wrong, or this machine's.",
    ),
    Figure(
        "osc_unanswered",
        "OSC questions not answered",
        "Questions that came too fast, or whose sender could not be reached.",
        "Twenty a second are answered: ask less often, or subscribe.",
    ),
    Figure(
        "osc_unsent",
        "OSC feedback not sent",
        "Packets for those who subscribed that could not be sent.",
        "That machine or its network is gone, or reads too slowly. It is told everything again a second later.",
    ),
    Figure(
        "oscquery_answers",
        "OSCQuery answers",
        "Requests of OSCQuery's clients for the tree or a part of it that were answered.",
        "A client that asks again and again, where it could listen. Answers take a fifth of a core at most.",
    ),
    Figure(
        "oscquery_events",
        "OSC events by websocket",
        "OSC messages received from OSCQuery's clients and understood.",
        "As much as was sent.",
    ),
    Figure(
        "oscquery_refused",
        "OSCQuery refusals",
        "Requests, commands and connections of OSCQuery's clients that could not be served; the log says why.",
        "Something else uses that port, or a client is broken.",
    ),
    Figure(
        "figures_unsent",
        "figures not sent over OSC",
        "Rounds of figures that could not be sent to the address that the show names; the log says why.",
        "That machine or its network is gone. The show does not mind.",
    ),
)

_TAKES = (
    Figure(
        "take_events",
        "events recorded",
        "Events that are in the take which is being recorded.",
        "As much as was played.",
    ),
    Figure(
        "take_lost",
        "events not recorded",
        "Events that did not get into the take: its disk was full, gone, or did not answer. The log says which.",
        "Make room, or record to another disk. The show itself does not mind.",
    ),
    Figure(
        "events_replayed",
        "events replayed",
        "Events that came from a take.",
        "As much as was played when it was recorded, but for what was played over.",
    ),
)

_SOUND = (
    Figure("onsets", "onsets of the track", "Onsets that the show has come past.", "As the music has it."),
    Figure(
        "onsets_heard",
        "onsets heard",
        "Onsets found in the live input.",
        "Too many: raise `threshold`.",
    ),
    Figure(
        "onset_delay_ms",
        "onset told after",
        "From the instant at which an onset of the live input was heard until it was in the inbox.",
        "Above 12 ms (fast) or 30 ms (aubio's methods): a device with a long buffer, or a machine that is too busy. "
        "A low band takes some milliseconds more: see docs/onsets.md.",
        unit="ms",
        sampled=True,
    ),
    Figure(
        "input_lost",
        "audio input lost",
        "How often the live input went away; it is looked for once a second until it is back.",
        "Look at the cable and the sound server.",
    ),
    Figure(
        "onset_overruns",
        "live input overruns",
        "Blocks of the live input that were lost before they were analysed.",
        "The machine is too busy: onsets go missing.",
    ),
    Figure(
        "ltc_frames",
        "time code frames heard",
        "Frames of linear time code that the audio input had in it.",
        "That is good.",
    ),
    Figure(
        "ltc_overruns",
        "time code overruns",
        "Blocks of the time code's input that were lost before they were decoded.",
        "The machine is too busy; the clock bridges gaps of 0.5 s.",
    ),
    Figure(
        "audio_underruns",
        "audio underruns",
        "Buffers of sound that came too late to the device.",
        "Audible gaps: a machine that is too busy. A larger `sound: buffer_s` helps.",
    ),
    Figure(
        "mixer_late",
        "mixer late",
        "How often the mixer had less than a quarter of what it keeps mixed ahead.",
        "Underruns are near. As with late frames: end what else runs on the machine.",
    ),
    Figure(
        "mix_ms",
        "mix",
        "Mixing 256 frames of sound, 5.3 ms of the show, with all effects.",
        "Fewer effects, and fewer layers whose clips sound at other speeds than their own, take less.",
        unit="ms",
        sampled=True,
    ),
    Figure(
        "track_misses",
        "music not read in time",
        "Blocks of 5.3 ms in which the music was not decoded in time, and was silent.",
        "A few follow a jump that nobody could foresee. Many: a slow disk.",
    ),
    Figure(
        "clip_sound_misses",
        "clip sound not read in time",
        "Blocks of 5.3 ms in which a clip's own sound was not decoded in time, and was silent.",
        "A few follow each jump that nobody could foresee. Many: a slow disk.",
    ),
    Figure(
        "track_lost",
        "audio device lost",
        "How often the sound device stopped answering; the show went on by the machine's clock.",
        "Look at the cable and the sound server; the sound comes back by itself.",
    ),
    Figure(
        "track_read_errors",
        "sound read errors",
        "How often a sound could not be had, or its file broke off; it is silent from there. The log names it.",
        "The file is damaged, or has no sound in it: convert it again.",
    ),
)

_FILM = (
    Figure("frames_encoded", "frames encoded", "Frames that are in the film.", "That is good."),
    Figure(
        "readback_ms",
        "read back",
        "Copying a frame from the GPU.",
        "It grows with the size of the film.",
        unit="ms",
        sampled=True,
    ),
    Figure(
        "encode_wait_ms",
        "wait for the encoder",
        "How long drawing waited until the encoder took a frame.",
        "Encoding is the bottleneck: another `--codec`, or a smaller `--size`, is faster.",
        unit="ms",
        sampled=True,
    ),
    Figure(
        "convert_ms",
        "convert",
        "Turning a frame's colours into the film's.",
        "It grows with the size of the film.",
        unit="ms",
        sampled=True,
    ),
    Figure(
        "encode_ms",
        "encode",
        "Encoding one frame.",
        "As with the wait for the encoder.",
        unit="ms",
        sampled=True,
    ),
)

GROUPS: dict[str, tuple[Figure, ...]] = {
    "What was shown": _PICTURE,
    "How the frames came": _PREREAD,
    "The look": _LOOK,
    "The loop": _LOOP,
    "What was played": _EVENTS,
    "Takes": _TAKES,
    "Sound": _SOUND,
    "Films": _FILM,
}

# By name, in the order in which they are read.
FIGURES: dict[str, Figure] = {figure.name: figure for group in GROUPS.values() for figure in group}
