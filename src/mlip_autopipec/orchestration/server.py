"""The Prefect server of this user: one process, started when first needed and then reused.

Nothing here imports Prefect, since Prefect reads its settings when it is imported:
`ensure_server` comes first, then ``import prefect``.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock

from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.files import write_text
from mlip_autopipec.orchestration.addresses import (
    AUTH_VARIABLE,
    LOOPBACK,
    check_guarded,
    free_port,
    in_url,
    is_free,
)
from mlip_autopipec.orchestration.environment import own_server_settings, users_api_url
from mlip_autopipec.orchestration.home import user_home

logger = logging.getLogger(__name__)

START_TIMEOUT_S = 90.0
"""A cold start on a loaded machine; 6 to 13 s are usual."""

PATIENCE_S = 600.0
"""How long a run waits for a server of somebody else's that is being restarted."""

STOP_TIMEOUT_S = 15.0
_HEALTH_TIMEOUT_S = 2.0
_POLL_S = 0.1
_STARTS = 3  # another program may take the port between its choice and the start
_STARTED: dict[
    int, subprocess.Popen[bytes]
] = {}  # children of this process; the server outlives it


@dataclass(frozen=True)
class ServerInfo:
    """A Prefect server.

    Attributes:
        api_url: Address of the API; it ends in ``/api``.
        pid: The server's process; None for a server that the user named.
        started_ticks: When that process began, in clock ticks since the machine did: tells it from
            a later one with the same number, whatever the clock on the wall does.
        host: Address that it listens at.
    """

    api_url: str
    pid: int | None = None
    started_ticks: int | None = None
    host: str = LOOPBACK

    @property
    def ui_url(self) -> str:
        """Address of the UI."""
        return self.api_url.removesuffix("/").removesuffix("/api")


@dataclass(frozen=True)
class ServerStatus:
    """What is known of the server.

    Attributes:
        info: The server; None if there is none.
        healthy: It answers.
        home: Folder of its database and log; None for a server that the user named.
    """

    info: ServerInfo | None
    healthy: bool
    home: Path | None


def ensure_server(host: str = LOOPBACK) -> ServerInfo:
    """Return a server that answers, starting this user's own if need be.

    A server that the user named (``PREFECT_API_URL``, or the active Prefect profile) goes first
    and is left alone. The settings for the client go into the environment, from which child
    processes and workers have them too.

    Args:
        host: Address that a server started here listens at.

    Raises:
        OrchestrationError: The user's own server does not start, or listens at another address, or
            an outside address is asked for without an auth string.
    """
    named = _named()
    if named is not None:
        return named
    check_guarded(host)
    info = _ensure_own(user_home(), host)
    os.environ.update(own_server_settings(user_home(), info.api_url))
    guard = os.environ.get(AUTH_VARIABLE)
    if guard:
        os.environ.setdefault("PREFECT_API_AUTH_STRING", guard)
    return info


def regain_server(patience_s: float = PATIENCE_S) -> bool:
    """Wait for a server that has gone away under a run; this user's own is started again.

    Args:
        patience_s: How long to wait for a server that the user named.

    Returns:
        Whether it answers.
    """
    named = _named()
    if named is None:
        try:
            return is_healthy(ensure_server().api_url)
        except OrchestrationError as error:
            logger.warning("%s", error)
            return False
    deadline = time.monotonic() + patience_s
    while not is_healthy(named.api_url):
        if time.monotonic() > deadline:
            return False
        time.sleep(1.0)
    return True


def server_status() -> ServerStatus:
    """Look for the server; nothing is started."""
    named = _named()
    if named is not None:
        return ServerStatus(named, healthy=is_healthy(named.api_url), home=None)
    info = _recorded(user_home())
    healthy = info is not None and is_healthy(info.api_url)
    return ServerStatus(info, healthy=healthy, home=user_home())


def stop_server() -> bool:
    """Stop this user's own server; return False when none runs.

    Raises:
        OrchestrationError: It does not end.
    """
    home = user_home()
    with _lock(home):
        info = _recorded(home)
        if info is None:
            return False
        _end(info)
    return True


def is_healthy(api_url: str) -> bool:
    """Say whether a server answers."""
    try:
        with urllib.request.urlopen(  # noqa: S310 - the address of a Prefect API, http or https
            f"{api_url.rstrip('/')}/health", timeout=_HEALTH_TIMEOUT_S
        ) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP OK
    except urllib.error.HTTPError as error:
        return error.code in {401, 403}  # it answers; the client has the auth string
    except (OSError, ValueError):
        return False


def _named() -> ServerInfo | None:
    """Return the server that the user named, unless it is this user's own."""
    named = users_api_url()
    if named is None or named == _last_url(user_home()):
        return None
    return ServerInfo(api_url=named)


def _ensure_own(home: Path, host: str) -> ServerInfo:
    """Return this user's own server, started if it does not run."""
    info = _recorded(home)
    if info is None or not is_healthy(info.api_url):
        with _lock(home):
            info = _recorded(home)  # another process may have started it meanwhile
            if info is None or not (is_healthy(info.api_url) or _wait(info, home)):
                return _start(home, host)
    if host not in {LOOPBACK, info.host}:
        message = (
            f"--host {host}: your server runs already, at {info.host}; "
            "`mlip-autopipe server stop` ends it"
        )
        raise OrchestrationError(message)
    return info


def _start(home: Path, host: str) -> ServerInfo:
    """Start the server, at the port it had before if that is free: pages and runs find it again."""
    ports = [_last_port(home, host), *(free_port(host) for _ in range(_STARTS))]
    for port in ports:
        if port is None:
            continue
        info = _launch(home, host, port)
        if _wait(info, home):
            return info
    message = f"the Prefect server did not start; see {home / 'server.log'}\n{_log_tail(home)}"
    raise OrchestrationError(message)


def _launch(home: Path, host: str, port: int) -> ServerInfo:
    """Start the process and write down which it is."""
    api_url = f"http://{in_url(host)}:{port}/api"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PREFECT_API_")
    } | own_server_settings(home, api_url=None)
    arguments = ["server", "start", "--host", host, "--port", str(port)]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - this interpreter, fixed arguments
            [sys.executable, "-m", "prefect", *arguments],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for the server
        )
    _STARTED[process.pid] = process
    ticks = _started_ticks(process.pid)
    info = ServerInfo(api_url=api_url, pid=process.pid, started_ticks=ticks, host=host)
    write_text(_record_path(home), json.dumps(asdict(info), indent=2) + "\n")
    return info


def _wait(info: ServerInfo, home: Path) -> bool:
    """Wait until a started server answers; False when its process ends instead."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if is_healthy(info.api_url):
            return True
        if not _is_alive(info):
            return False
        time.sleep(_POLL_S)
    _end(info)
    message = (
        f"the Prefect server did not answer within {START_TIMEOUT_S:g} s; "
        f"see {home / 'server.log'}\n{_log_tail(home)}"
    )
    raise OrchestrationError(message)


def _last_port(home: Path, host: str) -> int | None:
    """Return the port that the server had before, if nobody uses it now."""
    try:
        port = urllib.parse.urlsplit(_last_url(home)).port
    except ValueError:
        return None
    return port if port is not None and is_free(host, port) else None


def _last_url(home: Path) -> str:
    """Return the address that was written down, whether the server lives or not; empty if none."""
    try:
        record = json.loads(_record_path(home).read_text(encoding="utf-8"))
        return str(record["api_url"])
    except (OSError, ValueError, TypeError, KeyError):
        return ""


def _recorded(home: Path) -> ServerInfo | None:
    """Return the server that was written down, if its process still lives."""
    try:
        info = ServerInfo(**json.loads(_record_path(home).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return info if _is_alive(info) else None


def _is_alive(info: ServerInfo) -> bool:
    """Say whether the server's process runs, and is not a later one with the same number."""
    if info.pid is None:
        return False
    if info.pid in _STARTED and _STARTED[info.pid].poll() is not None:
        return False
    return info.started_ticks is not None and _started_ticks(info.pid) == info.started_ticks


def _started_ticks(pid: int) -> int | None:
    """Return the start time of a process in clock ticks since boot; None if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    state, ticks = fields[0], int(fields[19])
    return None if state in {"Z", "X"} else ticks


def _end(info: ServerInfo) -> None:
    """End the server's processes, politely at first."""
    if info.pid is None:
        return
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(info.pid, sent)  # the server leads a session of its own
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            if not _is_alive(info):
                return
            time.sleep(_POLL_S)
    message = f"the Prefect server (process {info.pid}) cannot be ended"
    raise OrchestrationError(message)


def _record_path(home: Path) -> Path:
    return home / "server.json"


def _lock(home: Path) -> FileLock:
    """Return the lock that only one starter or stopper at a time holds."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{home}: cannot be made ({error.strerror}); MLIP_AUTOPIPE_HOME names another"
        raise OrchestrationError(message) from error
    return FileLock(home / "server.lock", timeout=START_TIMEOUT_S * _STARTS)


def _log_tail(home: Path, n_lines: int = 12) -> str:
    """Return the last lines of the server's log."""
    try:
        text = (home / "server.log").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-n_lines:])
