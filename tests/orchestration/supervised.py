"""Functions that behave badly; sent to a supervised process by name."""

import ctypes
import faulthandler
import logging
import os
import signal
import sys
import time
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def process_id() -> int:
    return os.getpid()


def log_and_print(text: str) -> None:
    logging.getLogger("mlip_autopipec.test").info(text)
    sys.stdout.write(f"{text}\n")


def raise_value_error(text: str) -> None:
    raise ValueError(text)


class AwkwardError(Exception):
    def __init__(self, *, needed: str) -> None:
        super().__init__(needed)


def raise_awkward() -> None:
    raise AwkwardError(needed="a keyword that pickle does not pass")


def segfault() -> None:
    faulthandler.disable()
    ctypes.string_at(0)


def kill_itself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(status: int) -> None:
    sys.stdout.write("going now\n")
    sys.stdout.flush()
    os._exit(status)


def hang() -> None:
    while True:
        time.sleep(0.1)


def hang_and_ignore_termination() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hang()


def raise_memory_error() -> None:
    raise MemoryError


def grow() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(16 * 2**20))
        time.sleep(0.01)


def announce_and_hang(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    hang()
