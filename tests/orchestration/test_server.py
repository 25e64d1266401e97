"""One server a user: started once, reused, started again when it has died."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlip_autopipec.orchestration.server import (
    ServerInfo,
    ensure_server,
    is_healthy,
    server_status,
    stop_server,
)

START = (
    "from mlip_autopipec.orchestration.server import ensure_server\n"
    "info = ensure_server()\n"
    "import sys\n"
    "print(info.pid, info.api_url, 'prefect' in sys.modules)\n"
)


def test_a_running_server_is_reused(prefect_api: str) -> None:
    info = ensure_server()
    assert info.api_url == prefect_api
    assert ensure_server() == info
    status = server_status()
    assert status.info == info
    assert status.healthy
    assert status.home == Path(os.environ["MLIP_AUTOPIPE_HOME"])


def test_the_server_takes_what_prefects_own_client_sends(prefect_api: str) -> None:
    """FastAPI 0.151 and newer refuse it, and with it `prefect deploy` and the reading of logs."""
    assert prefect_api
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - after the server's start

    with get_client(sync_client=True) as client:
        assert isinstance(client.read_logs(limit=None, offset=None), list)


def test_the_ui_lies_beside_the_api() -> None:
    assert ServerInfo("http://127.0.0.1:4200/api").ui_url == "http://127.0.0.1:4200"


def test_the_users_own_server_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    monkeypatch.setenv("MLIP_AUTOPIPE_HOME", str(tmp_path))
    assert ensure_server() == ServerInfo("http://127.0.0.1:1/api")
    assert server_status().healthy is False
    assert not stop_server()
    assert not (tmp_path / "server.json").exists()


@pytest.mark.parametrize(
    "record",
    [
        "{",
        "[]",
        json.dumps({"api_url": "http://127.0.0.1:1/api", "pid": 1, "started_ticks": -1}),
        json.dumps({"api_url": "http://127.0.0.1:1/api", "pid": None}),
        json.dumps({"unknown": 1}),
    ],
)
def test_a_record_of_a_dead_server_counts_for_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, record: str
) -> None:
    monkeypatch.delenv("PREFECT_API_URL")
    monkeypatch.setenv("MLIP_AUTOPIPE_HOME", str(tmp_path))
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    (tmp_path / "server.json").write_text(record)
    assert server_status().info is None
    assert not stop_server()


def test_nothing_answers_where_no_server_is() -> None:
    assert not is_healthy("http://127.0.0.1:1/api")
    assert not is_healthy("not an address")


@pytest.mark.slow
def test_two_at_once_start_one_server_and_a_killed_one_is_replaced(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    environment["MLIP_AUTOPIPE_HOME"] = str(tmp_path)
    environment["HOME"] = str(tmp_path)

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", START], env=environment, stdout=subprocess.PIPE, text=True
        )

    with start() as one, start() as other:
        answers = [one.communicate()[0].split(), other.communicate()[0].split()]
    assert answers[0] == answers[1]
    pid, api_url, imported = answers[0]
    assert imported == "False"
    assert is_healthy(api_url)
    os.kill(int(pid), 9)
    with start() as again:
        new_pid, new_url, _ = again.communicate()[0].split()
    assert new_pid != pid
    assert is_healthy(new_url)
    stop = "from mlip_autopipec.orchestration.server import stop_server; print(stop_server())"
    stopped = subprocess.run(
        [sys.executable, "-c", stop], env=environment, capture_output=True, text=True, check=True
    )
    assert stopped.stdout == "True\n"
    assert not is_healthy(new_url)
