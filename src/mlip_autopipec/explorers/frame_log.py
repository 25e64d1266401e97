"""The frames of a running exploration, in an append-only file."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from mlip_autopipec.explorers.packets import Packet, read_packets


class FrameLog:
    """The frames of a trajectory so far.

    Frames wait in memory until `flush`: one that no checkpoint counts on yet would be taken again
    anyway. A torn tail, and what a checkpoint does not count, is cut off when a run resumes.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, made if it is not there, and find its whole frames."""
        path.touch()
        self._stream = path.open("r+b")
        self._ends = [end for _, end in read_packets(self._stream)]
        self._waiting: list[Packet] = []

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._ends) + len(self._waiting)

    def __iter__(self) -> Iterator[Packet]:
        """Yield the frames in order."""
        self._stream.seek(0)
        for packet, _ in islice(read_packets(self._stream), len(self._ends)):
            yield packet
        yield from self._waiting

    def append(self, frame: Packet) -> None:
        """Add a frame."""
        self._waiting.append(frame)

    def flush(self) -> None:
        """Put all frames on disk."""
        if not self._waiting:
            return
        self._cut()
        for frame in self._waiting:
            self._stream.write(frame.to_bytes())
            self._ends.append(self._stream.tell())
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._waiting.clear()

    def truncate(self, n_frames: int) -> None:
        """Forget all frames but the first ``n_frames``."""
        del self._waiting[max(n_frames - len(self._ends), 0) :]
        del self._ends[n_frames:]
        self._cut()

    def close(self) -> None:
        """Close the file."""
        self._stream.close()

    def _cut(self) -> None:
        """Drop what lies behind the last whole frame, and go there."""
        end = self._ends[-1] if self._ends else 0
        self._stream.truncate(end)
        self._stream.seek(end)
