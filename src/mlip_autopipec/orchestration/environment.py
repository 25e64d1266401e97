"""The environment variables through which Prefect is set up, before it is imported."""

import os
import tomllib
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

PACKAGE_LOGGER = "mlip_autopipec"
"""The logger whose records the UI shows beside Prefect's own."""


def users_api_url() -> str | None:
    """Return the address of the Prefect server that the user chose, if any.

    ``PREFECT_API_URL`` goes before the active profile (``PREFECT_PROFILE``, or the one that
    ``profiles.toml`` calls active).
    """
    named = os.environ.get("PREFECT_API_URL")
    if named:
        return named
    home = Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    path = Path(os.environ.get("PREFECT_PROFILES_PATH") or home / "profiles.toml").expanduser()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    active = os.environ.get("PREFECT_PROFILE") or document.get("active")
    profile = document.get("profiles", {}).get(active) or {}
    url = profile.get("PREFECT_API_URL")
    return str(url) if url else None


def is_loopback(url: str) -> bool:
    """Say whether an address is reached from this machine alone.

    Example:
        >>> is_loopback("http://127.0.0.1:4200/api"), is_loopback("https://prefect.lab/api")
        (True, False)
    """
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def own_server_settings(home: Path, api_url: str | None) -> dict[str, str]:
    """Return the settings of this user's own server, and of its clients when ``api_url`` is given.

    The UI asks the server it came from (``/api``) rather than Prefect's usual port; nothing is
    reported to anybody.
    """
    settings = {
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_UI_API_URL": "/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    if api_url is not None:
        settings["PREFECT_API_URL"] = api_url
    return settings


def prepare_client(*, verbose: bool = False) -> None:
    """Set up Prefect's logging in this process, and in those it starts, before Prefect's import.

    The package's records go to the UI. The terminal gets Prefect's own lines only when asked:
    the command line shows its progress there. What the user set stays.

    Args:
        verbose: Let Prefect write to the terminal too.
    """
    settings = {
        "PREFECT_LOGGING_EXTRA_LOGGERS": PACKAGE_LOGGER,
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO" if verbose else "CRITICAL",
        "DASK_LOGGING__DISTRIBUTED": "warning",
        "DO_NOT_TRACK": "1",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)
