"""The server listens on this machine alone, unless it asks others for an auth string."""

import pytest

from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.addresses import (
    AUTH_VARIABLE,
    check_guarded,
    free_port,
    in_url,
    is_free,
)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_asks_for_nothing(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.delenv(AUTH_VARIABLE, raising=False)
    check_guarded(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "login.lab"])  # noqa: S104 - refused
@pytest.mark.parametrize("guard", [None, "", "secret", "user:", ":secret"])
def test_an_outside_address_without_an_auth_string_is_refused(
    monkeypatch: pytest.MonkeyPatch, host: str, guard: str | None
) -> None:
    monkeypatch.delenv(AUTH_VARIABLE, raising=False)
    if guard is not None:
        monkeypatch.setenv(AUTH_VARIABLE, guard)
    message = rf"^--host {host}: others reach this address; set {AUTH_VARIABLE}=user:secret"
    with pytest.raises(OrchestrationError, match=message):
        check_guarded(host)


def test_an_outside_address_with_an_auth_string_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(AUTH_VARIABLE, "user:secret")
    check_guarded("10.0.0.5")


def test_addresses_are_written_as_urls_have_them() -> None:
    hosts = ("127.0.0.1", "0.0.0.0", "::", "fe80::1", "login.lab")  # noqa: S104 - only written
    assert [in_url(host) for host in hosts] == [
        "127.0.0.1",
        "127.0.0.1",
        "[::1]",
        "[fe80::1]",
        "login.lab",
    ]


def test_a_free_port_is_free() -> None:
    assert is_free("127.0.0.1", free_port())


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(OrchestrationError, match=r"^--host 192\.0\.2\.1: is no address of this ma"):
        free_port("192.0.2.1")
