"""Numbers in words."""


def duration(seconds: float) -> str:
    """Write a time for people: ``48 s``, ``3 min 05 s``, ``2 h 10 min``, ``3.4 d``.

    Example:
        >>> duration(185), duration(48.2), duration(7800)
        ('3 min 05 s', '48 s', '2 h 10 min')
    """
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{whole} s"
    if whole < 3600:  # noqa: PLR2004 - seconds of an hour
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 48 * 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole / 86400:.1f} d"


def count(n: int, noun: str, plural: str | None = None) -> str:
    """Write a number of things; the plural is needed where it is not the noun with an s.

    Example:
        >>> count(1, "frame"), count(1200, "frame"), count(2, "trajectory", "trajectories")
        ('1 frame', '1,200 frames', '2 trajectories')
    """
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {plural or f'{noun}s'}"


def percent(share: float) -> str:
    """Write a share as a percentage that does not round something to nothing.

    Example:
        >>> percent(0.0), percent(0.0004), percent(0.123), percent(1.0)
        ('0 %', '0.04 %', '12.3 %', '100 %')
    """
    return f"{100.0 * share:.3g} %"


def subscripts(formula: str) -> str:
    """Write the numbers of a chemical formula below the line.

    Example:
        >>> subscripts("Au16Cu")
        'Au₁₆Cu'
    """
    return formula.translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
