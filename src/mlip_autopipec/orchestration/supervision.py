"""A process of its own for the simulations of a worker, watched from the worker.

A crash, an out-of-memory kill, a hang and a time-out become an ordinary exception (`ProcessLost`),
which the orchestrator can retry. The process is kept between calls, so that a model is loaded once
a worker. It dies with the thread that started it, whatever kills that.
"""

import logging
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any

import psutil

from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.child import LogLine, Message, Raised, Request, Result

logger = logging.getLogger(__name__)

_WATCH_S = 0.25
_END_TIMEOUT_S = 10.0
_TAIL_LINES = 12
_GIB = 2**30
_ENTRY = "from mlip_autopipec.orchestration.child import main; main()"


class ProcessLost(OrchestrationError):  # noqa: N818 - it names what happened
    """The process of a simulation ended, or was ended, before it answered.

    Attributes:
        reason: What is known of why.
        log_tail: The last lines it printed.
    """

    def __init__(self, reason: str, log_tail: str = "") -> None:
        """Keep reason and last lines; the message is the reason."""
        super().__init__(reason)
        self.reason = reason
        self.log_tail = log_tail

    def __reduce__(self) -> tuple[type["ProcessLost"], tuple[str, str]]:
        """Rebuild with the last lines when the error crosses process boundaries."""
        return (type(self), (self.reason, self.log_tail))


class Abandoned(OrchestrationError):  # noqa: N818 - it names what happened
    """Nobody waits for the result any more; the simulation was stopped."""


def _is_out_of_memory(error: Exception) -> bool:
    """Say whether memory ran out, of the process or of its GPU (torch's error has this name)."""
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"


def _nobody_asked() -> bool:
    return False


def _log(line: LogLine) -> None:
    logging.getLogger(line.logger).log(line.level, "%s", line.message)


@dataclass(frozen=True)
class Watch:
    """How a call is watched.

    Attributes:
        log_path: File to which the call's output is appended; None: a temporary file.
        timeout_s: Wall time in s after which the process is killed; None: no limit.
        memory_bytes: Resident memory above which the process is killed; None: no limit.
        abandoned: Asked a few times a second; when true, the process is killed.
        on_log: Gets the package's log records.
    """

    log_path: Path | None = None
    timeout_s: float | None = None
    memory_bytes: int | None = None
    abandoned: Callable[[], bool] = _nobody_asked
    on_log: Callable[[LogLine], None] = _log


_UNLIMITED = Watch()


class Supervisor:
    """Starts the process when it is first needed, and again after it was lost.

    Used by one thread, which has to outlive the calls.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: Connection | None = None
        self._replies: Connection | None = None
        self._output: IO[bytes] | None = None  # what it prints before a call names a file

    @property
    def pid(self) -> int | None:
        """The process; None while there is none."""
        return None if self._process is None else self._process.pid

    def call(
        self,
        function: Callable[..., Any],
        *arguments: Any,  # noqa: ANN401 - the function's
        watch: Watch = _UNLIMITED,
    ) -> Any:  # noqa: ANN401 - the function's
        """Run an importable function in the process and return what it returns.

        Args:
            function: The function; sent by name.
            *arguments: Its arguments; pickled.
            watch: The limits, and where logs go.

        Raises:
            ProcessLost: The process ended before it answered, or passed a limit.
            Abandoned: ``watch.abandoned`` said so.
            Exception: Whatever the function raised.
        """
        data = pickle.dumps(Request(function, arguments, watch.log_path))
        try:
            message = self._exchange(data, watch)
        except BaseException:
            self.close()
            raise
        if isinstance(message, Raised):
            if _is_out_of_memory(message.error):
                self.close()  # what it holds is not given back; a repeat begins in a new process
            raise message.error
        return message.value

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        for connection in (self._requests, self._replies):
            if connection is not None:
                connection.close()
        self._process.kill()
        self._process.wait(_END_TIMEOUT_S)
        if self._output is not None:
            self._output.close()
        self._output = None
        self._process = self._requests = self._replies = None

    def _exchange(self, data: bytes, watch: Watch) -> Result | Raised:
        """Send a request and wait for its answer, watching the process meanwhile."""
        requests, replies, process = self._ensure_process()
        began = time.monotonic()
        try:
            requests.send_bytes(data)
            while True:
                while replies.poll(_WATCH_S):
                    message: Message = pickle.loads(replies.recv_bytes())  # noqa: S301 - our child
                    if not isinstance(message, LogLine):
                        return message
                    watch.on_log(message)
                fault = _passed(watch, process.pid, time.monotonic() - began)
                if fault is not None:
                    raise ProcessLost(fault, self._tail(watch.log_path))
                if watch.abandoned():
                    message_text = "nobody waits for the result any more"
                    raise Abandoned(message_text)
        except (EOFError, OSError) as error:
            raise ProcessLost(_how_it_ended(process), self._tail(watch.log_path)) from error

    def _ensure_process(self) -> tuple[Connection, Connection, subprocess.Popen[bytes]]:
        """Return the pipes and the process, started if there is none."""
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None or self._requests is None or self._replies is None:
            return self._start()
        return self._requests, self._replies, self._process

    def _start(self) -> tuple[Connection, Connection, subprocess.Popen[bytes]]:
        """Start the process; its ends of the pipes are its own alone."""
        their_requests, requests = Pipe(duplex=False)
        replies, their_replies = Pipe(duplex=False)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - kept as long as the process
        descriptors = (their_requests.fileno(), their_replies.fileno())
        process = subprocess.Popen(  # noqa: S603 - this interpreter, fixed arguments
            [sys.executable, "-P", "-c", _ENTRY]
            + [str(number) for number in (*descriptors, os.getpid())],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            pass_fds=descriptors,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for it
        )
        their_requests.close()
        their_replies.close()
        self._process, self._requests, self._replies = process, requests, replies
        return requests, replies, process

    def _tail(self, log_path: Path | None) -> str:
        """Return the last lines that the process printed."""
        text = ""
        if log_path is not None:
            with suppress(OSError):
                text = log_path.read_text(encoding="utf-8", errors="replace")
        if not text and self._output is not None:
            self._output.seek(0)
            text = self._output.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-_TAIL_LINES:])


def _passed(watch: Watch, pid: int, elapsed_s: float) -> str | None:
    """Say which limit the process has passed, if any."""
    if watch.timeout_s is not None and elapsed_s > watch.timeout_s:
        return f"passed its time limit of {watch.timeout_s:g} s and was ended"
    if watch.memory_bytes is None:
        return None
    try:
        resident = psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return None
    if resident > watch.memory_bytes:
        used, allowed = resident / _GIB, watch.memory_bytes / _GIB
        return f"used {used:.2f} GiB of memory, above its {allowed:.2f} GiB, and was ended"
    return None


def _how_it_ended(process: subprocess.Popen[bytes]) -> str:
    """Say how a process ended that closed its pipe."""
    try:
        status = process.wait(_END_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return "closed its pipe"
    if status == -signal.SIGKILL:
        return "its process was killed (SIGKILL: by hand, or because memory ran out)"
    if status < 0:
        return f"its process was killed by {signal.Signals(-status).name}"
    return f"its process ended with status {status}"


_of_this_thread = threading.local()


def thread_supervisor() -> Supervisor:
    """Return the supervisor of the calling thread: a worker's thread has one simulation at a time.

    The kernel ends its process when the thread ends.
    """
    supervisor: Supervisor | None = getattr(_of_this_thread, "supervisor", None)
    if supervisor is None:
        supervisor = _of_this_thread.supervisor = Supervisor()
    return supervisor
