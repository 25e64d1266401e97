"""A server at an outside address asks for the auth string, and the string is written nowhere."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import write_config

from mlip_autopipec.orchestration.server import is_healthy

PROGRAM = Path(sys.executable).with_name("mlip-autopipe")
SECRET = "gDm3hR-a-secret-that-nobody-prints"  # noqa: S105 - of this test's server alone
GUARD = {"PREFECT_SERVER_API_AUTH_STRING": f"user:{SECRET}"}
OUTSIDE = ("--host", "0.0.0.0")  # noqa: S104 - what the test is about


class User:
    """Commands of a user with a home of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def call(self, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        plain = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
        home = {"HOME": str(self.folder), "MLIP_AUTOPIPE_HOME": str(self.folder / "home")}
        return subprocess.run(
            [PROGRAM, *map(str, arguments)],
            cwd=self.folder,
            env=plain | home | variables,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def user(tmp_path: Path) -> Iterator[User]:
    user = User(tmp_path)
    yield user
    user.call("server", "stop")


def test_without_an_auth_string_nothing_is_started(user: User) -> None:
    done = user.call("server", *OUTSIDE)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: --host 0.0.0.0: others reach this address; set PREFECT_SERVER_")
    assert not (user.folder / "home").exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_run_through_a_guarded_server_writes_the_secret_nowhere(user: User) -> None:
    started = user.call("server", *OUTSIDE, **GUARD)
    assert started.returncode == 0, started.stderr
    ui_url = started.stdout.split()[2]
    assert is_healthy(f"{ui_url}/api")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{ui_url}/api/admin/version")  # noqa: S310 - http, made above

    config = write_config(user.folder / "emt.yaml")
    done = user.call("run", config, "--run-dir", user.folder / "run", **GUARD)
    assert done.returncode == 0, done.stderr
    assert "in the Prefect UI" in done.stdout
    refused = user.call("server", "--host", "127.0.0.2", **GUARD)
    assert refused.returncode == 2
    assert "your server runs already, at 0.0.0.0" in refused.stderr

    assert user.call("server", "stop").returncode == 0
    files = [path for path in user.folder.rglob("*") if path.is_file()]
    assert user.folder / "home" / "prefect" / "prefect.db" in files
    assert [str(path) for path in files if SECRET.encode() in path.read_bytes()] == []
    assert SECRET not in started.stdout + started.stderr + done.stdout + done.stderr
