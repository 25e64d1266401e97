"""The share of trials that potentials survive, from the outcomes that were kept."""

from dataclasses import dataclass
from typing import Any

from benchmarks.data_efficiency.trials import ENERGIES_EV

ORACLE = "oracle"
KINDS = (*(f"{energy_eV:g} eV" for energy_eV in ENERGIES_EV), "heated")


@dataclass(frozen=True, slots=True)
class Survival:
    """How many trials there were, and how many were survived."""

    n_survived: int
    n_trials: int

    @property
    def share(self) -> float:
        """Survived trials among all."""
        return self.n_survived / self.n_trials

    def __str__(self) -> str:
        """Say both numbers."""
        return f"{self.n_survived} of {self.n_trials}"


Group = tuple[str, str, float]
"""Pool, strategy and share of close pairs; of the oracle, itself and ``bare`` or ``zbl``."""


def survival(kept: dict[str, Any]) -> dict[Group, dict[str, Survival]]:
    """Count over seeds, by kind of trial; what was not tried is left out.

    Of a potential that was heated for several lengths of time, the longest counts.
    """
    ended: dict[Group, dict[str, list[bool]]] = {}
    longest = {name.rpartition("/")[0]: name for name in sorted(kept, key=_heated_ps)}
    for name, each in kept.items():
        potential = name.rpartition("/")[0]
        if longest[potential] != name:
            continue
        pool, strategy, _, _, share = potential.split("/")
        group = ended.setdefault((pool, strategy, float(share)), {})
        for kind, outcomes in each["outcomes"].items():
            group.setdefault(kind, []).extend(survived for survived, _, _ in outcomes)
    return {
        group: {kind: Survival(sum(each), len(each)) for kind, each in kinds.items()}
        for group, kinds in ended.items()
    }


def _heated_ps(name: str) -> float:
    """Return for how long the potential of a record was to be heated."""
    return float(name.rpartition("/")[2].removesuffix(" ps"))


def table(kept: dict[str, Any]) -> str:
    """Return what survived, by pool, strategy and share of close pairs."""
    lines = [
        f"| pool | strategy | close pairs | {' | '.join(KINDS)} |",
        "|---|---|---|" + "---|" * len(KINDS),
    ]
    for (pool, strategy, share), found in survival(kept).items():
        cells = [str(found.get(kind, "not tried")) for kind in KINDS]
        lines.append(f"| {pool} | {strategy} | {share:.0%} | {' | '.join(cells)} |")
    return "\n".join(lines)
