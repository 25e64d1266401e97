"""On a GPU the model packages have accelerations of their own: which of them is installed."""

from collections.abc import Mapping
from importlib.util import find_spec

# The package that an option of a calculator needs, the one to be preferred first.
SEVENNET_OPTIONS: Mapping[str, str] = {
    "enable_flash": "flashTP_e3nn",
    "enable_cueq": "cuequivariance_torch",
    "enable_oeq": "openequivariance",
}
MACE_OPTIONS: Mapping[str, str] = {
    "enable_cueq": "cuequivariance_torch",
    "enable_oeq": "openequivariance",
}


def installed_acceleration(options: Mapping[str, str]) -> dict[str, bool]:
    """Return the option that switches on an installed acceleration; none where there is none.

    SevenNet refuses more than one at a time.

    Args:
        options: Of a calculator, each with the package that it needs.

    Example:
        >>> installed_acceleration({"enable_nothing": "no_such_package"})
        {}
        >>> installed_acceleration({"enable_json": "json", "enable_csv": "csv"})
        {'enable_json': True}
    """
    for option, package in options.items():
        if find_spec(package) is not None:
            return {option: True}
    return {}
