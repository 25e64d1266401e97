"""Addresses that the server may listen at: this machine's own unless others are asked for a secret.

Like `mlip_autopipec.orchestration.server`, this module does not import Prefect.
"""

import os
import socket

from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.environment import is_loopback

LOOPBACK = "127.0.0.1"
AUTH_VARIABLE = "PREFECT_SERVER_API_AUTH_STRING"
"""Environment variable that holds what the server asks of its clients."""


def check_guarded(host: str) -> None:
    """Refuse to listen at an address that others reach, unless they are asked for an auth string.

    Raises:
        OrchestrationError: There is none, or it is not ``user:secret``.
    """
    if is_loopback(f"http://{_bracketed(host)}"):
        return
    user, colon, secret = os.environ.get(AUTH_VARIABLE, "").partition(":")
    if not (user and colon and secret):
        message = (
            f"--host {host}: others reach this address; set {AUTH_VARIABLE}=user:secret, which the "
            "server then asks for, or leave --host out"
        )
        raise OrchestrationError(message)


def in_url(host: str) -> str:
    """Return an address as a URL has it; a server on all addresses is reached on this machine."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared with, not listened at
        return LOOPBACK if host == "0.0.0.0" else "[::1]"  # noqa: S104 - the same
    return _bracketed(host)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def free_port(host: str = LOOPBACK) -> int:
    """Return a port of an address of this machine that nobody uses.

    Raises:
        OrchestrationError: It is no address of this machine.
    """
    try:
        with _socket(host) as probe:
            probe.bind((host, 0))
            return int(probe.getsockname()[1])
    except OSError as error:
        message = f"--host {host}: is no address of this machine ({error.strerror})"
        raise OrchestrationError(message) from error


def is_free(host: str, port: int) -> bool:
    """Say whether nobody uses a port of an address of this machine."""
    with _socket(host) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _socket(host: str) -> socket.socket:
    """Return a socket of an address's family."""
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
