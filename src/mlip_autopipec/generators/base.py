"""The family of generators: what is planned, built, transformed, checked and labelled alike."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from mlip_autopipec.config.generation import GeneratorBaseConfig
from mlip_autopipec.errors import GenerationError
from mlip_autopipec.generators.checking import (
    COMPOSITION,
    DUPLICATE,
    TOO_CLOSE,
    Rejected,
    check_structure,
    refuse,
)
from mlip_autopipec.generators.generation_plan import GenerationPlan, listed
from mlip_autopipec.seeds import child_rng
from mlip_autopipec.structures.checks import PairLimits
from mlip_autopipec.structures.fingerprint import FingerprintIndex, fingerprint
from mlip_autopipec.structures.ions import read_charges
from mlip_autopipec.structures.occupancy import SITE
from mlip_autopipec.structures.symmetry import space_group
from mlip_autopipec.structures.transforms import apply_transforms, is_random

Builder = Callable[[int, np.random.Generator], Atoms]
ConfigT = TypeVar("ConfigT", bound=GeneratorBaseConfig)


class BaseStructureGenerator(ABC, Generic[ConfigT]):
    """A source of starting structures.

    A new kind defines `detail` and `build`; transforms, checks, identifiers, seeds and the plan
    are common to all. A kind of another package also names its config model, and is registered as
    an entry point (see `mlip_autopipec.config.generation.plugins`). Structure number ``index``
    depends on the run's seed, the label, the index, the config (less the number of structures) and,
    as it must not equal them, on the structures before it.

    Attributes:
        config_type: Config model of a kind of another package.
        filled: The structures have to fill their cell: vacuum in it is a fault.
        config: The config of this generator.
        label: Begins the identifiers: ``label-0000``, ``label-0001``, …
        seed: The run's seed.
        rejections: How many candidates were refused so far, by reason.
        calculator: The run's potential, where the structures depend on it (see `use_potential`).
        limits: The exploration's shortest distances, where they do (see `use_limits`).
    """

    config_type: ClassVar[type[GeneratorBaseConfig]]
    filled: ClassVar[bool] = False

    def __init__(self, config: ConfigT, *, label: str, seed: int) -> None:
        """Keep what the structures depend on."""
        self.config = config
        self.label = label
        self.seed = seed
        self.calculator: Calculator | None = None
        self.limits: PairLimits | None = None
        self._begin()

    def _begin(self) -> None:
        """Forget the structures made so far, which those to come must not equal."""
        self.rejections: Counter[str] = Counter()
        self._fingerprints = FingerprintIndex(self.config.checks.duplicate_tolerance)
        self._accepted: list[int | None] = []  # for each structure, the attempt that passed
        self._numbers: list[int] = []  # for each fingerprint, the structure that it belongs to

    @property
    def n_recipes(self) -> int:
        """Number of recipes: structures ``i`` and ``i + n_recipes`` differ by chance alone."""
        return 1

    @property
    def n_structures(self) -> int:
        """Number of structures; near-duplicates among one of each recipe will be left out."""
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
        self._begin()

    def use_limits(self, limits: PairLimits) -> None:
        """Take the exploration's shortest distances; until then, the config's own alone hold.

        The pipeline calls it before `generate` where the config's ``pushes_pairs`` says so.
        """
        self.limits = limits
        self._begin()

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

    @property
    def makes_drafts(self) -> bool:
        """Whether the plan goes by drafts: a kind whose candidates are costly says so."""
        return False

    def draft(self, index: int, rng: np.random.Generator) -> Atoms:
        """Return a candidate for the plan: as many atoms of each species as `build` would give."""
        return self.build(index, rng)

    def composition_fault(self, atoms: Atoms, index: int) -> str | None:  # noqa: ARG002 - a hook
        """Say how a candidate's composition, before transforms, differs from what was asked for."""
        return None

    def is_random(self, index: int) -> bool:  # noqa: ARG002 - a hook
        """Say whether chance makes different structures of the same recipe, before transforms."""
        return True

    def charges(self, atoms: Atoms) -> Mapping[str, float] | None:
        """Return the oxidation states of a structure's elements, where they are known."""
        states = atoms.info.get("oxidation_states")
        return None if states is None else read_charges(str(states))

    def parent(self, recipe: int) -> Atoms | None:  # noqa: ARG002 - a hook
        """Return the crystal that a recipe is made from, with an array ``site``, if there is one.

        Args:
            recipe: Number of the recipe, below `n_recipes`.
        """
        return None

    def plan(self) -> GenerationPlan:
        """Say what is going to be made; one structure of each recipe is made, or drafted, to know.

        Where a second one of a recipe is asked for and chance has no part in it, that one is tried
        as well.

        Raises:
            GenerationError: It cannot be made.
        """
        n_recipes = min(self.n_recipes, self.n_structures)
        formulas: dict[str, None] = {}
        elements: set[str] = set()
        n_atoms = n_made = 0
        for index in range(n_recipes):
            atoms = self._planned(index)
            if atoms is None:
                continue
            n_made += 1
            formulas[atoms.get_chemical_formula("metal")] = None
            elements.update(atoms.symbols.species())
            n_atoms = max(n_atoms, len(atoms))
        again = range(n_recipes, min(2 * n_recipes, self.n_structures))
        settled = next((index for index in again if not self._varies(index)), None)
        if settled is not None and not self.makes_drafts:
            self.make(settled)
        return GenerationPlan(
            label=self.label,
            kind=self.config.kind,
            n_structures=n_made if self.config.n_structures is None else self.n_structures,
            n_atoms=n_atoms,
            formula=listed(list(formulas)),
            elements=tuple(sorted(elements)),
            detail=self.detail,
            rejections=dict(self.rejections),
        )

    def space_groups(self) -> tuple[str, ...]:
        """Return the space groups of the crystals that the recipes are made from.

        They are those of the sites, before they are occupied, cut, and transformed.
        """
        found: dict[str, None] = {}
        for recipe in range(min(self.n_recipes, self.n_structures)):
            group = self.space_group(recipe)
            if group is not None:
                found[group] = None
        return tuple(found)

    def space_group(self, index: int) -> str | None:
        """Return the space group of the crystal that a structure is made from, if there is one."""
        parent = self.parent(index % self.n_recipes)
        return None if parent is None else space_group(parent, parent.arrays[SITE])

    def generate(self) -> Iterator[Atoms]:
        """Yield the structures one at a time, each checked.

        Raises:
            GenerationError: A structure could not be made, or the potential is missing.
        """
        if self.needs_potential and self.calculator is None:
            message = f"{self.label}: the run's potential is needed; call use_potential first"
            raise GenerationError(message)
        for index in range(self.n_structures):
            atoms = self._structure(index)
            if atoms is not None:
                yield atoms

    def make(self, index: int) -> Atoms:
        """Return one structure, checked and labelled; the same whenever it is asked for.

        Those before it are made first, since it must not equal one of them.

        Raises:
            GenerationError: None of the attempts passed the checks.
        """
        atoms = self._structure(index)
        if atoms is None:
            message = f"{self.structure_id(index)}: is left out, as one before it is the same"
            raise GenerationError(message)
        return atoms

    def structure_id(self, index: int) -> str:
        """Return the identifier of a structure."""
        return f"{self.label}-{index:04d}"

    def check(self, atoms: Atoms) -> None:
        """Refuse a structure that nothing should be computed with.

        Raises:
            Rejected: With the reason.
        """
        check_structure(atoms, self.config, charges=self.charges(atoms), filled=self.filled)
        if self.limits is not None:
            refuse(TOO_CLOSE, self.limits.fault(atoms))

    def _planned(self, index: int) -> Atoms | None:
        """Return one structure for the plan, or a draft of it where the kind makes drafts.

        Raises:
            GenerationError: None of the attempts passed the checks.
        """
        if not self.makes_drafts:
            return self._structure(index)
        refused: list[Rejected] = []
        for attempt in range(self.config.max_attempts):
            try:
                atoms = self._candidate(index, attempt, self.draft)
                self.check(atoms)
            except Rejected as rejected:
                refused.append(rejected)
                continue
            return atoms
        raise GenerationError(self._failure(index, refused))

    def _structure(self, index: int) -> Atoms | None:
        """Return one structure, or None where it is left out as a near-duplicate."""
        while len(self._accepted) < index:
            self._next()
        if index == len(self._accepted):
            return self._next()
        attempt = self._accepted[index]
        return None if attempt is None else self._candidate(index, attempt, self.build)

    def _next(self) -> Atoms | None:
        """Make the structure after the last one made.

        Raises:
            GenerationError: None of the attempts passed the checks.
        """
        index = len(self._accepted)
        refused: list[Rejected] = []
        for attempt in range(self.config.max_attempts if self._varies(index) else 1):
            try:
                atoms = self._candidate(index, attempt, self.build)
                self.check(atoms)
                self._refuse_known(atoms, index)
            except Rejected as rejected:
                refused.append(rejected)
                self.rejections[rejected.reason] += 1
                continue
            self._accepted.append(attempt)
            return atoms
        only_duplicates = all(rejected.reason == DUPLICATE for rejected in refused)
        if self.config.n_structures is None and only_duplicates:
            self._accepted.append(None)
            return None
        raise GenerationError(self._failure(index, refused))

    def _candidate(self, index: int, attempt: int, build: Builder) -> Atoms:
        """Build, transform and label; of the checks, only that of the composition is made.

        Raises:
            Rejected: With the reason.
        """
        rng = child_rng(self.seed, "generate", self.label, index, attempt)
        atoms = build(index, rng)
        refuse(COMPOSITION, self.composition_fault(atoms, index))
        atoms = apply_transforms(
            atoms, self.config.transforms, rng, index=index, limits=self.limits
        )
        atoms.info |= {
            "structure_id": self.structure_id(index),
            "generator": self.config.kind,
            "seed": self.seed,
        }
        return atoms

    def _refuse_known(self, atoms: Atoms, index: int) -> None:
        """Refuse what is the same as a structure before, and keep the fingerprint of what is not.

        Raises:
            Rejected: With the structure that is the same.
        """
        if self.config.checks.duplicates == "allow":
            return
        mark = fingerprint(atoms)
        known = self._fingerprints.find(mark)
        if known is not None:
            raise Rejected(
                DUPLICATE, f"it is the same as {self.structure_id(self._numbers[known])}"
            )
        self._fingerprints.add(mark)
        self._numbers.append(index)

    def _varies(self, index: int) -> bool:
        """Say whether another attempt may give another structure."""
        return self.is_random(index) or any(map(is_random, self.config.transforms))

    def _failure(self, index: int, refused: list[Rejected]) -> str:
        """Say why a structure could not be made."""
        counts = Counter(rejected.reason for rejected in refused)
        if set(counts) == {DUPLICATE}:
            chance = (
                "in all of its attempts"
                if self._varies(index)
                else "as nothing in it is left to chance"
            )
            return (
                f"{self.structure_id(index)}: {refused[-1]}, {chance}; ask for fewer structures, "
                f"add a transform such as rattle, or set checks.duplicates: allow"
            )
        reasons = ", ".join(f"{reason} ({n}×)" for reason, n in counts.most_common())
        return (
            f"{self.structure_id(index)}: none of {len(refused)} attempts passed: {reasons}; "
            f"the last: {refused[-1]}"
        )
