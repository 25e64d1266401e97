"""What runs inside a supervised process: one request after the other, until the pipe closes.

Started by `mlip_autopipec.orchestration.supervision`. A simulation that crashes, is killed or
hangs takes this process with it and nothing else.
"""

import ctypes
import faulthandler
import logging
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from mlip_autopipec.errors import OrchestrationError

_PR_SET_PDEATHSIG = 1
_OOM_SCORE = "500"  # of -1000 to 1000: when memory runs out, this process goes before the others


@dataclass(frozen=True)
class Request:
    """One call.

    Attributes:
        function: An importable function.
        arguments: Its arguments.
        log_path: File to which what the call prints is appended; None keeps the last one.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    log_path: Path | None


@dataclass(frozen=True)
class LogLine:
    """A log record of the package, on its way to the worker."""

    logger: str
    level: int
    message: str


@dataclass(frozen=True)
class Result:
    """What a call returned."""

    value: Any


@dataclass(frozen=True)
class Raised:
    """What a call raised."""

    error: Exception


Message = LogLine | Result | Raised


def main() -> None:
    """Serve the requests that arrive on the first pipe; answer on the second."""
    requests = Connection(int(sys.argv[1]), writable=False)
    replies = Connection(int(sys.argv[2]), readable=False)
    _die_with_parent(int(sys.argv[3]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the flow, which ends this process
    faulthandler.enable()
    _send_logs(replies)
    while True:
        try:
            data = requests.recv_bytes()
        except EOFError:
            return
        replies.send_bytes(pickle.dumps(_serve(data)))


def _serve(data: bytes) -> Message:
    """Run one request."""
    try:
        request: Request = pickle.loads(data)  # noqa: S301 - from the parent, over a private pipe
        if request.log_path is not None:
            _redirect_output(request.log_path)
        return Result(request.function(*request.arguments))
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent raises it again
        traceback.print_exc()
        return Raised(_portable(error))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _portable(error: Exception) -> Exception:
    """Return the error, or one that says the same if it does not survive the way to the parent."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - made on this line
    except Exception:  # noqa: BLE001 - pickling runs arbitrary code of the error's class
        return OrchestrationError(f"{type(error).__name__}: {error}")
    return error


def _die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when the thread that started it ends, however it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the request to the kernel
        os._exit(1)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")


def _redirect_output(path: Path) -> None:
    """Append what is printed from now on, by Python or by a library, to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


class _PipeHandler(logging.Handler):
    """Sends log records to the parent."""

    def __init__(self, replies: Connection) -> None:
        super().__init__(logging.INFO)
        self._replies = replies

    def emit(self, record: logging.LogRecord) -> None:
        line = LogLine(record.name, record.levelno, record.getMessage())
        with suppress(OSError):  # the parent has gone, and so will this process
            self._replies.send_bytes(pickle.dumps(line))


def _send_logs(replies: Connection) -> None:
    """Send the package's log records to the parent, and warnings of others to the log file."""
    logger = logging.getLogger("mlip_autopipec")
    logger.setLevel(logging.INFO)
    logger.addHandler(_PipeHandler(replies))
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
