"""A stream of MIDI bytes cut into messages, as the MIDI 1.0 specification has it (Detailed Specification, 4.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

# How many data bytes follow a status: by its upper half for channel messages, by the byte for system common ones.
_CHANNEL_DATA = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_COMMON_DATA = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0}
_SYSEX, _SYSEX_END = 0xF0, 0xF7
_UNDEFINED_REAL_TIME = (0xF9, 0xFD)
_SYSEX_KEPT = 16  # a full frame of time code has ten; of anything longer, no more is of use to us


@dataclass(slots=True)
class MidiStream:
    """Bytes in chunks of any size to whole messages, each with its status. One port, one thread.

    Running status is written out. Real-time messages come out where they stand, in the midst of others too. Of a long
    SysEx the first 16 bytes are kept. `malformed` counts what had to be thrown away: messages cut short by
    another status, runs of data without a status, undefined statuses, ends of a SysEx that had not begun.
    """

    malformed: int = 0
    _status: int = 0  # of the message under way, or the running one; 0: none, data is thrown away
    _needed: int = 0  # data bytes of the status
    _data: bytearray = field(default_factory=bytearray)  # of the message under way; of a SysEx, its bytes from F0 on
    _in_sysex: bool = False
    _under_way: bool = False  # a message has begun and has not ended
    _astray: bool = False  # in a run of data without a status

    def feed(self, chunk: Iterable[int]) -> list[bytes]:
        """The messages that end in this chunk. Any bytes will do."""
        messages: list[bytes] = []
        for byte in chunk:
            if byte >= 0xF8:
                self._real_time(byte, messages)
            elif byte >= 0x80:
                self._begin(byte, messages)
            else:
                self._take(byte, messages)
        return messages

    def _real_time(self, status: int, messages: list[bytes]) -> None:
        if status in _UNDEFINED_REAL_TIME:
            self.malformed += 1
        else:
            messages.append(bytes((status,)))

    def _begin(self, status: int, messages: list[bytes]) -> None:
        if self._in_sysex and status == _SYSEX_END:
            messages.append(bytes(self._data) + b"\xf7")
            self._forget()
            return
        if self._under_way:
            self.malformed += 1
        self._forget()
        self._under_way = True
        if status == _SYSEX:
            self._in_sysex = True
            self._data.append(_SYSEX)
        elif status < _SYSEX:
            self._status, self._needed = status, _CHANNEL_DATA[status & 0xF0]
        elif status in _COMMON_DATA:
            self._status, self._needed = status, _COMMON_DATA[status]
            if self._needed == 0:
                self._finish(messages)
        else:
            self.malformed += 1
            self._under_way = False
            self._astray = True  # its data are part of the same mistake

    def _take(self, byte: int, messages: list[bytes]) -> None:
        if self._in_sysex:
            if len(self._data) < _SYSEX_KEPT:
                self._data.append(byte)
        elif self._status:
            self._under_way = True
            self._data.append(byte)
            if len(self._data) == self._needed:
                self._finish(messages)
        elif not self._astray:
            self._astray = True
            self.malformed += 1

    def _finish(self, messages: list[bytes]) -> None:
        messages.append(bytes((self._status, *self._data)))
        if self._status < _SYSEX:
            self._data.clear()  # and the status runs on
            self._under_way = False
        else:
            self._forget()

    def _forget(self) -> None:
        self._status = 0
        self._data.clear()
        self._in_sysex = self._under_way = self._astray = False
