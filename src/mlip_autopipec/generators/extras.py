"""Libraries that only some kinds of generators need: they come with an extra of the package."""

import importlib.util

from mlip_autopipec.errors import GenerationError


def require(package: str, *, extra: str, by: str) -> None:
    """Refuse to go on without a library; it is looked for, not imported.

    Args:
        package: Name under which the library is imported.
        extra: Extra of this package that brings it.
        by: What needs it; begins the message.

    Raises:
        GenerationError: It is not installed; the message says how to install it.
    """
    if importlib.util.find_spec(package) is None:
        message = (
            f"{by} needs the package {package}; "
            f"install it with: pip install 'mlip-autopipe[{extra}]'"
        )
        raise GenerationError(message)
