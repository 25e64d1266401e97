"""The folder of what belongs to the user and not to one run: the server's database and its log."""

import os
from pathlib import Path


def user_home() -> Path:
    """Return the folder of the user's Prefect server.

    ``MLIP_AUTOPIPE_HOME`` names it; else it lies below ``XDG_DATA_HOME``, or ``~/.local/share``.
    """
    named = os.environ.get("MLIP_AUTOPIPE_HOME")
    if named:
        return Path(named).expanduser().absolute()
    data = os.environ.get("XDG_DATA_HOME")
    base = Path(data) if data else Path.home() / ".local" / "share"
    return base / "mlip-autopipe"
