"""The unit of a number, read from the end of its field's name."""

_UNITS = {
    "_fs": "fs",
    "_K": "K",
    "_GPa": "GPa",
    "_A": "Å",
    "_A3_atom": "Å³/atom",
    "_eV_A": "eV/Å",
    "_eV_atom": "eV/atom",
    "_eV": "eV",
    "_s": "s",
    "_h": "h",
}


def unit_suffix(name: str) -> str:
    """Return the end of a field's name that stands for its unit; empty if it has none.

    Example:
        >>> unit_suffix("max_force_eV_A"), unit_suffix("n_steps")
        ('_eV_A', '')
    """
    matching = [suffix for suffix in _UNITS if name.endswith(suffix)]
    return max(matching, key=len, default="")


def unit_of(name: str) -> str:
    """Return the unit in a field's name, as it is printed; empty if it has none.

    Example:
        >>> unit_of("max_force_eV_A"), unit_of("n_steps")
        ('eV/Å', '')
    """
    return _UNITS.get(unit_suffix(name), "")
