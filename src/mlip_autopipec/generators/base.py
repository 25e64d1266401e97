"""The family of generators: what is planned, built, transformed, checked and labelled alike."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from mlip_autopipec.config.generation import GeneratorBaseConfig
from mlip_autopipec.errors import AutoPipeError, GenerationError
from mlip_autopipec.seeds import child_rng
from mlip_autopipec.structures.checks import shortest_distance_fault
from mlip_autopipec.structures.transforms import apply_transforms

_FORMULAS_SHOWN = 3

ConfigT = TypeVar("ConfigT", bound=GeneratorBaseConfig)


@dataclass(frozen=True)
class GenerationPlan:
    """What a generator is going to make.

    Attributes:
        label: Begins the identifiers of the structures.
        kind: Kind of the generator.
        n_structures: Number of structures.
        n_atoms: Number of atoms of the largest structure.
        formula: Formulas of the structures, metals first; three at most are spelled out.
        elements: Chemical symbols of all structures, sorted.
        detail: One line on how they are built.
    """

    label: str
    kind: str
    n_structures: int
    n_atoms: int
    formula: str
    elements: tuple[str, ...]
    detail: str


class Rejected(AutoPipeError):  # noqa: N818 - no error: the next attempt may do
    """A candidate is refused.

    Attributes:
        reason: The kind of fault, in a few words that are the same for all its cases.
    """

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the kind of fault; the message is the case at hand."""
        self.reason = reason
        super().__init__(detail)


class BaseStructureGenerator(ABC, Generic[ConfigT]):
    """A source of starting structures.

    A new kind defines `detail` and `build`; transforms, checks, identifiers, seeds and the plan
    are common to all. A kind of another package also names its config model, and is registered as
    an entry point (see `mlip_autopipec.config.generation.plugins`). Structure number ``index``
    depends on the run's seed, the label, the index and the config (less the number of structures)
    alone.

    Attributes:
        config_type: Config model of a kind of another package.
        config: The config of this generator.
        label: Begins the identifiers: ``label-0000``, ``label-0001``, …
        seed: The run's seed.
        rejections: How many candidates were refused so far, by reason.
        calculator: The run's potential, where the structures depend on it (see `use_potential`).
    """

    config_type: ClassVar[type[GeneratorBaseConfig]]

    def __init__(self, config: ConfigT, *, label: str, seed: int) -> None:
        """Keep what the structures depend on."""
        self.config = config
        self.label = label
        self.seed = seed
        self.rejections: Counter[str] = Counter()
        self.calculator: Calculator | None = None

    @property
    def n_recipes(self) -> int:
        """Number of recipes: structures ``i`` and ``i + n_recipes`` differ by chance alone."""
        return 1

    @property
    def n_structures(self) -> int:
        """Number of structures."""
        return self.n_recipes if self.config.n_structures is None else self.config.n_structures

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Files whose content the structures depend on."""
        return ()

    @property
    def needs_potential(self) -> bool:
        """Whether structures depend on the run's potential; it then counts in the content key."""
        return False

    def use_potential(self, calculator: Calculator) -> None:
        """Take the run's potential, without which `plan` goes by estimates.

        The pipeline calls it before `generate` where `needs_potential` says so.
        """
        self.calculator = calculator

    @property
    @abstractmethod
    def detail(self) -> str:
        """How the structures are built, in one line."""

    @abstractmethod
    def build(self, index: int, rng: np.random.Generator) -> Atoms:
        """Return one candidate, before transforms and checks.

        Args:
            index: Number of the structure, from 0.
            rng: All randomness comes from here; it differs from attempt to attempt.

        Raises:
            Rejected: This candidate will not do; another attempt may.
            GenerationError: No attempt would do.
        """

    def draft(self, index: int, rng: np.random.Generator) -> Atoms:
        """Return a candidate for the plan: as many atoms of each species as `build` would give.

        A kind whose candidates are costly overrides it with something cheap.
        """
        return self.build(index, rng)

    def plan(self) -> GenerationPlan:
        """Say what is going to be made; one structure of each recipe is drafted to know.

        Raises:
            GenerationError: It cannot be made.
        """
        rejections = self.rejections.copy()
        formulas: dict[str, None] = {}
        elements: set[str] = set()
        n_atoms = 0
        for index in range(min(self.n_recipes, self.n_structures)):
            atoms = self._passing(index, self.draft)
            formulas[atoms.get_chemical_formula("metal")] = None
            elements.update(atoms.symbols.species())
            n_atoms = max(n_atoms, len(atoms))
        self.rejections = rejections
        return GenerationPlan(
            label=self.label,
            kind=self.config.kind,
            n_structures=self.n_structures,
            n_atoms=n_atoms,
            formula=_listed(list(formulas)),
            elements=tuple(sorted(elements)),
            detail=self.detail,
        )

    def generate(self) -> Iterator[Atoms]:
        """Yield the structures one at a time, each checked.

        Raises:
            GenerationError: A structure could not be made, or the potential is missing.
        """
        if self.needs_potential and self.calculator is None:
            message = f"{self.label}: the run's potential is needed; call use_potential first"
            raise GenerationError(message)
        for index in range(self.n_structures):
            yield self.make(index)

    def make(self, index: int) -> Atoms:
        """Return one structure, checked and labelled; the same whenever it is asked for.

        Raises:
            GenerationError: None of the attempts passed the checks.
        """
        return self._passing(index, self.build)

    def _passing(self, index: int, build: Callable[[int, np.random.Generator], Atoms]) -> Atoms:
        """Return the first candidate that passes the checks, transformed and labelled."""
        refused: list[Rejected] = []
        for attempt in range(self.config.max_attempts):
            rng = child_rng(self.seed, "generate", self.label, index, attempt)
            try:
                atoms = build(index, rng)
                atoms = apply_transforms(atoms, self.config.transforms, rng, index=index)
                self.check(atoms)
            except Rejected as rejected:
                refused.append(rejected)
                self.rejections[rejected.reason] += 1
                continue
            atoms.info |= {
                "structure_id": self.structure_id(index),
                "generator": self.config.kind,
                "seed": self.seed,
            }
            return atoms
        raise GenerationError(self._failure(index, refused))

    def check(self, atoms: Atoms) -> None:
        """Refuse a structure that nothing should be computed with.

        Raises:
            Rejected: With the reason.
        """
        if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()):
            reason = "not finite"
            raise Rejected(reason, "positions or cell are not finite")
        fault = shortest_distance_fault(atoms, self.config.min_distance_scale)
        if fault is not None:
            reason = "atoms too close"
            raise Rejected(reason, fault)

    def structure_id(self, index: int) -> str:
        """Return the identifier of a structure."""
        return f"{self.label}-{index:04d}"

    def _failure(self, index: int, refused: list[Rejected]) -> str:
        """Say why a structure could not be made."""
        counts = Counter(rejected.reason for rejected in refused)
        reasons = ", ".join(f"{reason} ({n}×)" for reason, n in counts.most_common())
        return (
            f"{self.structure_id(index)}: none of {len(refused)} attempts passed: {reasons}; "
            f"the last: {refused[-1]}"
        )


def _listed(formulas: list[str]) -> str:
    """List formulas, the first few by name."""
    shown = ", ".join(formulas[:_FORMULAS_SHOWN])
    rest = len(formulas) - _FORMULAS_SHOWN
    return f"{shown}, and {rest} more" if rest > 0 else shown
