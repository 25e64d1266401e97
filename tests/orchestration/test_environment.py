"""A server that the user chose goes before the package's own."""

from pathlib import Path

import pytest

from mlip_autopipec.orchestration.environment import (
    own_server_settings,
    prepare_client,
    users_api_url,
)
from mlip_autopipec.orchestration.home import user_home


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))


PROFILES = """
active = "lab"
[profiles.lab]
PREFECT_API_URL = "http://lab:4200/api"
[profiles.other]
PREFECT_API_URL = "http://other:4200/api"
[profiles.plain]
"""


def test_nothing_is_chosen_on_a_fresh_machine() -> None:
    assert users_api_url() is None


def test_the_environment_goes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "profiles.toml").write_text(PROFILES)
    monkeypatch.setenv("PREFECT_API_URL", "http://named/api")
    assert users_api_url() == "http://named/api"


def test_the_active_profile_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "profiles.toml").write_text(PROFILES)
    assert users_api_url() == "http://lab:4200/api"
    monkeypatch.setenv("PREFECT_PROFILE", "other")
    assert users_api_url() == "http://other:4200/api"
    monkeypatch.setenv("PREFECT_PROFILE", "plain")
    assert users_api_url() is None


@pytest.mark.parametrize("text", ["active =", 'active = "gone"', "[profiles]"])
def test_damaged_profiles_choose_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "profiles.toml").write_text(text)
    assert users_api_url() is None


def test_clients_get_the_address_and_servers_do_not(tmp_path: Path) -> None:
    assert "PREFECT_API_URL" not in own_server_settings(tmp_path, None)
    settings = own_server_settings(tmp_path, "http://127.0.0.1:1/api")
    assert settings["PREFECT_API_URL"] == "http://127.0.0.1:1/api"
    assert settings["PREFECT_SERVER_UI_API_URL"] == "/api"
    assert settings["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"


def test_the_users_own_logging_settings_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    import os  # noqa: PLC0415 - only to read what the call set

    monkeypatch.setenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "DEBUG")
    monkeypatch.delenv("PREFECT_LOGGING_EXTRA_LOGGERS", raising=False)
    prepare_client()
    assert os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] == "DEBUG"
    assert os.environ["PREFECT_LOGGING_EXTRA_LOGGERS"] == "mlip_autopipec"


def test_the_home_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLIP_AUTOPIPE_HOME", "/somewhere/else")
    assert user_home() == Path("/somewhere/else")
    monkeypatch.delenv("MLIP_AUTOPIPE_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert user_home() == Path("/data/mlip-autopipe")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert user_home() == Path.home() / ".local/share/mlip-autopipe"
