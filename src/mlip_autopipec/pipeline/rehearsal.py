"""A run in short: what its parts cost on this machine, measured by doing them.

Every stage is done for real, with the config's own calculator, descriptor and sampler, on a few of
its structures and for as many steps as a few seconds allow.
"""

import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import psutil
from ase import Atoms

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.generators.factory import build_generators
from mlip_autopipec.pipeline.records import StructureRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.structures.extxyz import read_frames

BUDGET_S = 6.0  # for the dynamics of all structures together
EMPTY_DATABASE_BYTES = 65_000  # tables and indices of an ASE database without rows
_MAKING_S = 3.0  # for the structures of one generator
_TIMED_EVALUATIONS = 3
_FEWEST_STEPS = 5
_STRUCTURES = 2  # explored of each generator, at most
_RATTLE_A = 0.01
_KIB = 1024

Value = TypeVar("Value")


@dataclass(frozen=True)
class Sizes:
    """The structures of one generator.

    Attributes:
        n_atoms: Number of atoms of each structure; those not made are taken to repeat the first.
        make_s: Time to make one, in s.
    """

    n_atoms: tuple[int, ...]
    make_s: float


@dataclass(frozen=True)
class Pace:
    """What the structures of one generator cost, for each of their atoms.

    Attributes:
        evaluation_s: One evaluation of energy and forces, in s an atom.
        step_s: One MD step with its share of frames and checkpoints, in s an atom.
        frame_bytes: A frame of a trajectory, in bytes an atom.
    """

    evaluation_s: float
    step_s: float
    frame_bytes: float


@dataclass(frozen=True)
class Rehearsal:
    """What was measured.

    Attributes:
        sizes: The structures of each generator.
        paces: What they cost, by generator.
        ready_s: From the start of a process to its first evaluation, in s.
        build_s: Another calculator in the same process, in s.
        scan_s: The pair scan, its calculator included, in s.
        describe_first_s: The first trajectory that a process describes, beyond its frames, in s.
        describe_s: A frame after that, in s.
        select_s: The selection among a few frames, in s.
        store_s: The database of a few frames, in s.
        read_s: Reading a frame, in s.
        descriptor_bytes: What sampling keeps of a frame, in bytes.
        row_bytes: A row of the database, in bytes.
        memory_bytes: Most memory that the process has held.
    """

    sizes: tuple[Sizes, ...]
    paces: tuple[Pace, ...]
    ready_s: float
    build_s: float
    scan_s: float
    describe_first_s: float
    describe_s: float
    select_s: float
    store_s: float
    read_s: float
    descriptor_bytes: float
    row_bytes: float
    memory_bytes: int


def rehearse(config: PipelineConfig) -> Rehearsal:
    """Do a run in short, in a process that has done nothing else; its files are removed.

    Raises:
        AutoPipeError: A stage cannot be done, so neither could the run.
    """
    with tempfile.TemporaryDirectory(prefix="mlip-autopipe-rehearsal-") as folder:
        runner = PipelineRunner(_shortened(config), folder)
        runner.prepare()
        runner.generate()
        structures = list(read_frames(runner.directory.initial_structures))
        elements = {symbol for atoms in structures for symbol in atoms.symbols}
        calculator = build_calculator(config.exploration, elements)
        for atoms in structures:
            atoms.calc = calculator
        structures[0].get_forces()
        ready_s = time.time() - psutil.Process().create_time()
        evaluations_s = [_evaluation_s(atoms) for atoms in structures]
        _, build_s = timed(lambda: build_calculator(config.exploration))
        runner.directory.pair_scan.unlink(missing_ok=True)  # which generation may have needed
        _, scan_s = timed(runner.scan_pairs)
        n_steps = _affordable_steps(config, sum(evaluations_s))
        rehearsed = PipelineRunner(_shortened(config, n_steps), folder)
        rehearsed.prepare()
        records = [rehearsed.explore_structure(name) for name in rehearsed.structure_ids()]
        return Rehearsal(
            sizes=tuple(_sizes(config, place) for place in range(len(config.generation))),
            paces=_paces(rehearsed, structures, evaluations_s, records),
            ready_s=ready_s,
            build_s=build_s,
            scan_s=scan_s,
            **_afterwards(rehearsed, records),
            memory_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB,
        )


def timed(function: Callable[[], Value]) -> tuple[Value, float]:
    """Return what a function returns, and how long it took, in s."""
    begin = time.perf_counter()
    value = function()
    return value, time.perf_counter() - begin


def _shortened(config: PipelineConfig, n_steps: int | None = None) -> PipelineConfig:
    """Return the config with few structures and steps, without moves and filters.

    Nor has it the collection, which is not to hold what was only rehearsed, and may not be there.
    """
    generation = tuple(
        section.model_copy(update={"n_structures": min(_STRUCTURES, generator.n_structures)})
        for section, generator in zip(config.generation, build_generators(config), strict=True)
    )
    exploration, sampling = config.exploration, config.sampling
    if n_steps is not None:
        save_every = min(exploration.save_every, n_steps)
        changes = {"n_steps": n_steps, "save_every": save_every, "monte_carlo": None}
        exploration = exploration.model_copy(update=changes)
    known = tuple(name for name in sampling.known if name != config.storage.collection)
    changed = {
        "generation": generation,
        "exploration": exploration,
        "sampling": sampling.model_copy(
            update={"filters": type(sampling.filters)(), "known": known}
        ),
        "storage": config.storage.model_copy(update={"collection": None}),
    }
    return config.model_copy(update=changed)


def _affordable_steps(config: PipelineConfig, evaluations_s: float) -> int:
    """Return how many steps of all structures the budget allows."""
    affordable = max(_FEWEST_STEPS, int(BUDGET_S / evaluations_s))
    return min(config.exploration.n_steps, affordable)


def _evaluation_s(atoms: Atoms) -> float:
    """Return the time of one evaluation: the least of a few, each of new positions."""
    atoms.get_forces()
    times = []
    for seed in range(_TIMED_EVALUATIONS):
        atoms.rattle(_RATTLE_A, seed=seed)
        times.append(timed(atoms.get_forces)[1])
    return min(times)


def _sizes(config: PipelineConfig, place: int) -> Sizes:
    """Make structures of one generator for a while."""
    generator = build_generators(config)[place]
    begin = time.perf_counter()
    made: list[int] = []
    while len(made) < generator.n_structures and time.perf_counter() - begin < _MAKING_S:
        made.append(len(generator.make(len(made))))
    make_s = (time.perf_counter() - begin) / len(made)
    n_atoms = (made[index % len(made)] for index in range(generator.n_structures))
    return Sizes(tuple(n_atoms), make_s)


def _paces(
    runner: PipelineRunner,
    structures: Sequence[Atoms],
    evaluations_s: Sequence[float],
    records: Sequence[StructureRecord],
) -> tuple[Pace, ...]:
    """Return what the structures of each generator have cost, for each of their atoms."""
    paces = []
    for label in runner.config.labels:
        places = [
            place
            for place, record in enumerate(records)
            if record.structure_id.rpartition("-")[0] == label
        ]
        n_atoms = sum(len(structures[place]) for place in places)
        evaluation_s = sum(evaluations_s[place] for place in places)
        steps_s = [
            records[place].figure("wall_time_s") / max(1.0, records[place].figure("n_steps"))
            for place in places
        ]
        frames = [(records[place], len(structures[place])) for place in places]
        n_bytes = sum(_file_bytes(runner, record) for record, _ in frames)
        n_framed = sum(record.n_frames * n for record, n in frames)
        paces.append(
            Pace(evaluation_s / n_atoms, sum(steps_s) / n_atoms, n_bytes / max(1, n_framed))
        )
    return tuple(paces)


def _file_bytes(runner: PipelineRunner, record: StructureRecord) -> int:
    """Return the size of a trajectory."""
    return 0 if record.file is None else (runner.run_dir / record.file.path).stat().st_size


def _afterwards(runner: PipelineRunner, records: Sequence[StructureRecord]) -> dict[str, float]:
    """Describe, select and store what was explored; return what it cost."""
    kept = [record for record in records if record.n_frames]
    explored = runner.gather(records)
    described, times = [], []
    for record in kept:
        outcome, seconds = timed(partial(runner.describe_structure, record))
        described.append(outcome)
        times.append(seconds / record.n_frames)
    sampled, select_s = timed(lambda: runner.sample(explored, described))
    stored, store_s = timed(lambda: runner.store(sampled))
    frames, reading_s = timed(lambda: list(read_frames(runner.directory.exploration_trajectories)))
    sizes = [(runner.run_dir / each.file.path).stat().st_size for each in described]
    database = (runner.run_dir / stored.file.path).stat().st_size
    describe_s = min(times)
    return {
        "describe_first_s": max(0.0, times[0] - describe_s) * kept[0].n_frames,
        "describe_s": describe_s,
        "select_s": select_s,
        "store_s": store_s,
        "read_s": reading_s / len(frames),
        "descriptor_bytes": sum(sizes) / len(frames),
        "row_bytes": max(0, database - EMPTY_DATABASE_BYTES) / stored.file.n_items,
    }
