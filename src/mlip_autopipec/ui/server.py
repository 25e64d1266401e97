"""Starting Streamlit for one folder, on loopback, without asking or telling anybody."""

import os
import socket
import sys
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from mlip_autopipec.errors import AutoPipeError
from mlip_autopipec.ui.confinement import RootFolder

ROOT_VARIABLE = "MLIP_AUTOPIPE_UI_ROOT"
"""Names the folder to the page; `serve` sets it."""

HOST = "127.0.0.1"

_OPTIONS = {
    "server.address": HOST,
    "server.headless": "true",
    "server.fileWatcherType": "none",
    "server.maxUploadSize": "5",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "theme.base": "light",
    "theme.primaryColor": "#0b6e99",
    "theme.backgroundColor": "#ffffff",
    "theme.secondaryBackgroundColor": "#f4f6f8",
    "theme.textColor": "#1d2730",
    "theme.borderColor": "#dde3e8",
    "theme.baseRadius": "6px",
    "theme.baseFontSize": "15",
    "theme.headingFontSizes": '["1.7rem", "1.35rem", "1.1rem"]',
    "theme.showWidgetBorder": "true",
}


class PageError(AutoPipeError):
    """The web page cannot be served."""


def serve(root: RootFolder, port: int | None) -> None:
    """Become the page's server, which prints its address when it answers; this does not return.

    Args:
        root: The folder to work in.
        port: Where to serve; a free one if None.

    Raises:
        PageError: Streamlit is not installed, or the port is taken.
    """
    for package in ("streamlit", "chemiscope"):
        if find_spec(package) is None:
            message = f"the page needs {package}: pip install 'mlip-autopipe[ui]'"
            raise PageError(message)
    chosen = free_port(port)
    os.chdir(root.path)
    os.environ[ROOT_VARIABLE] = str(root.path)
    os.execv(sys.executable, command(chosen))  # noqa: S606 - so that Ctrl-C reaches the server


def command(port: int) -> list[str]:
    """Return the command that serves the page."""
    script = Path(str(files("mlip_autopipec.ui") / "app.py"))
    options = {**_OPTIONS, "server.port": str(port)}
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", str(script), *flags]


def free_port(port: int | None) -> int:
    """Return a port that can be listened on: the given one, or any.

    Raises:
        PageError: The given one is taken, or not allowed.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port or 0))
        except OSError as error:
            message = f"--port {port}: cannot be listened on ({error.strerror})"
            raise PageError(message) from error
        return int(probe.getsockname()[1])
