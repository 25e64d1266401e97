"""Where a model's file is."""

import importlib.util
from pathlib import Path

from mlip_autopipec.errors import CalculatorError


def package_folder(package: str, *, extra: str) -> Path:
    """Return the folder of an installed package, without importing it.

    Raises:
        CalculatorError: It is not installed; the message says how to install it.
    """
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        message = (
            f"exploration.calculator: needs the package {package}; "
            f"install it with: pip install 'mlip-autopipe[{extra}]'"
        )
        raise CalculatorError(message)
    return Path(found.origin).parent


def user_file(model: str) -> Path | None:
    """Return the file that a model's name is the path of, if there is one."""
    path = Path(model).expanduser()
    return path.resolve() if path.is_file() else None
