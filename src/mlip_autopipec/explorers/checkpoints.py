"""Checkpoints: the states from which a killed exploration goes on."""

import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from mlip_autopipec.explorers.packets import Packet, read_packets
from mlip_autopipec.explorers.state import State
from mlip_autopipec.files import write_bytes

_COST_SHARE = 0.01
"""Writing checkpoints may take this fraction of the time."""

_SLOTS = ("checkpoint-a.bin", "checkpoint-b.bin")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a killed exploration needs to go on.

    Attributes:
        states: The last good state, and the one before it if there is one, oldest first.
        wall_time_s: Time spent so far.
    """

    states: tuple[State, ...]
    wall_time_s: float


class CheckpointStore:
    """Two files, written in turn: while one is written, the other holds.

    Attributes:
        key: Content key of the exploration; checkpoints with another one are not looked at.
    """

    def __init__(self, directory: Path, key: str) -> None:
        """Name the directory and the exploration."""
        self.key = key
        self._paths = [directory / name for name in _SLOTS]
        self._number = 0
        self._last_end_s = -float("inf")
        self._last_cost_s = 0.0

    def is_due(self) -> bool:
        """Say whether enough time has passed for another checkpoint to cost little."""
        return (time.monotonic() - self._last_end_s) * _COST_SHARE >= self._last_cost_s

    def save(self, checkpoint: Checkpoint) -> None:
        """Write a checkpoint over the older of the two."""
        begin_s = time.monotonic()
        self._number += 1
        data = {
            "key": self.key,
            "number": self._number,
            "n_states": len(checkpoint.states),
            "wall_time_s": checkpoint.wall_time_s,
        }
        packets = [Packet(data, {}), *(state.to_packet() for state in checkpoint.states)]
        path = self._paths[self._number % len(self._paths)]
        write_bytes(path, b"".join(packet.to_bytes() for packet in packets))
        self._last_end_s = time.monotonic()
        self._last_cost_s = self._last_end_s - begin_s

    def load(self) -> list[Checkpoint]:
        """Return the whole checkpoints of this exploration, the newest first."""
        found = [numbered for path in self._paths if (numbered := self._read(path)) is not None]
        found.sort(key=lambda numbered: numbered[0], reverse=True)
        self._number = found[0][0] if found else 0
        return [checkpoint for _, checkpoint in found]

    def _read(self, path: Path) -> tuple[int, Checkpoint] | None:
        """Return a checkpoint and its number, unless it is absent, damaged or of other content."""
        try:
            stream = BytesIO(path.read_bytes())
        except FileNotFoundError:
            return None
        packets = [packet for packet, _ in read_packets(stream)]
        if not packets or packets[0].data.get("key") != self.key:
            return None
        data, states = packets[0].data, packets[1:]
        if len(states) != data["n_states"]:
            return None
        checkpoint = Checkpoint(tuple(map(State.from_packet, states)), data["wall_time_s"])
        return data["number"], checkpoint
