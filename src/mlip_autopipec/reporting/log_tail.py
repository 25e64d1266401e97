"""The end of a log, for people."""

import os
import re
from pathlib import Path

N_LINES = 15
N_CHARACTERS = 300  # of a line

_READ_BYTES = 32_768
_NOT_PRINTABLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


def log_tail(path: Path, n_lines: int = N_LINES) -> tuple[str, ...]:
    """Return the last lines of a log, without control characters; none if there is no log.

    However long the log, only its end is read.
    """
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _READ_BYTES))
            text = stream.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ()
    lines = [_NOT_PRINTABLE.sub("", line).rstrip() for line in text.splitlines()]
    if size > _READ_BYTES:
        del lines[0]  # the middle of a line
    return tuple(line[:N_CHARACTERS] for line in lines if line)[-n_lines:]
