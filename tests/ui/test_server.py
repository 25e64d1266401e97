"""How the page is served."""

import socket
from importlib.util import find_spec
from itertools import pairwise

import pytest

from mlip_autopipec.ui.server import HOST, PageError, command, free_port


def test_a_free_port_is_chosen() -> None:
    assert find_spec("streamlit") is not None
    port = free_port(None)
    assert free_port(port) == port


def test_a_taken_port_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PageError, match=f"--port {port}: cannot be listened on"):
            free_port(port)


def test_the_page_is_served_on_loopback_and_tells_nobody() -> None:
    words = command(8123)
    flags = dict(pairwise(words))
    assert flags["--server.address"] == "127.0.0.1"
    assert flags["--browser.gatherUsageStats"] == "false"
    assert flags["--server.headless"] == "true"
    assert flags["--server.port"] == "8123"
