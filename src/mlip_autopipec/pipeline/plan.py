"""What a run would do, before it does it."""

from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from mlip_autopipec.calculators.factory import check_elements
from mlip_autopipec.config.execution import LocalClusterConfig
from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.generators.factory import build_generators
from mlip_autopipec.generators.generation_plan import GenerationPlan


@dataclass(frozen=True)
class RunPlan:
    """The size of a run.

    Attributes:
        name: The run's name.
        generators: What each generator would make.
        space_groups: For each generator, those of the crystals that it begins with.
        n_steps: MD steps of all structures together.
        n_moves: Monte Carlo moves of all structures together.
        n_frames: Frames of all trajectories together, when all goes well.
        n_selected: Frames that would be kept.
        n_workers: Workers on this machine; None where a cluster decides.
    """

    name: str
    generators: tuple[GenerationPlan, ...]
    space_groups: tuple[tuple[str, ...], ...]
    n_steps: int
    n_moves: int
    n_frames: int
    n_selected: int
    n_workers: int | None

    @property
    def n_structures(self) -> int:
        """Structures of all generators together."""
        return sum(generator.n_structures for generator in self.generators)


def make_plan(config: PipelineConfig) -> RunPlan:
    """Resolve a config to the plan of its run; the model's elements are checked.

    Raises:
        CalculatorError: The model is missing or does not know an element.
    """
    generators = build_generators(config)
    plans = tuple(generator.plan() for generator in generators)
    elements = sorted({symbol for plan in plans for symbol in plan.elements})
    check_elements(config.exploration.calculator, elements)
    exploration = config.exploration
    n_structures = sum(plan.n_structures for plan in plans)
    frames_each = exploration.n_steps // exploration.save_every + 1
    n_frames = n_structures * frames_each
    return RunPlan(
        name=config.name,
        generators=plans,
        space_groups=tuple(generator.space_groups() for generator in generators),
        n_steps=n_structures * exploration.n_steps,
        n_moves=n_structures * moves_each(config),
        n_frames=n_frames,
        n_selected=min(config.sampling.n_samples, n_frames),
        n_workers=_workers(config),
    )


def moves_each(config: PipelineConfig) -> int:
    """Return the Monte Carlo moves of one structure."""
    moves = config.exploration.monte_carlo
    return 0 if moves is None else config.exploration.n_steps // moves.every * moves.attempts


def _workers(config: PipelineConfig) -> int | None:
    """Return the number of workers, where this machine decides it."""
    cluster = config.execution.cluster
    if not isinstance(cluster, LocalClusterConfig):
        return None
    return available_cores() if cluster.n_workers == "auto" else cluster.n_workers


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    allowed: Sequence[int] = psutil.Process().cpu_affinity() or ()
    return len(allowed) or psutil.cpu_count() or 1
