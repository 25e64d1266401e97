"""What a run would cost on this machine: time, memory and disk, foretold from a rehearsal.

The rehearsal is done in as many processes as the run would have workers, each supervised as a
worker's own, so that they get in each other's way as they would then.
"""

import heapq
import json
import math
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.chunks import CHUNK_FRAMES
from mlip_autopipec.orchestration.supervision import Supervisor
from mlip_autopipec.pipeline.plan import RunPlan, moves_each
from mlip_autopipec.pipeline.rehearsal import EMPTY_DATABASE_BYTES, Rehearsal, rehearse

MOST_REHEARSALS = 4
"""Processes that rehearse side by side; more would say little more."""

_PROBE = """
import json, time
begin = time.perf_counter()
import distributed, prefect.main, prefect_dask, psutil
taken_s = time.perf_counter() - begin
print(json.dumps([taken_s, psutil.Process().memory_info().rss]))
"""

# Starting and ending a run, in units of the time that its imports take on this machine: set by a
# run of next to no work. The share of a task run and of a frame are rough. `benchmarks/estimate.py`
# holds what comes of them against real runs.
_START_IMPORTS = 7.0
_TASK_IMPORTS = 0.1  # one task run more, as Prefect and Dask keep its books
_SELECT_S = 1.2e-3  # a frame among thousands: comparison, coverage, the report's share

# Memory of the flow's process and of a Dask worker, in units of what their imports take; that of
# a run's report, with its figures, comes on top of the flow's.
_FLOW_MEMORY, _WORKER_MEMORY = 3.0, 2.3
_RESULT_BYTES = 8_000  # records, cached results and the log of a structure
_REPORT_BYTES = 900_000
_COPIES = 2  # of the descriptions, while frames are chosen


@dataclass(frozen=True)
class CostEstimate:
    """What a run would cost on this machine.

    Attributes:
        n_workers: Workers that it is foretold for.
        evaluation_s: One evaluation of energy and forces, in s, for the first structure of each
            generator.
        start_s: Server, workers and the end of the run with its report, in s.
        generate_s: The starting structures, in s.
        scan_s: The first worker's model and the scan of pairs, in s.
        explore_s: From the first structure to the last one's end, in s.
        describe_s: The descriptors, in s.
        select_s: Selection and database, in s.
        wall_s: All of it, in s.
        core_s: The explorations on a single worker, in s.
        worker_bytes: Most memory of one worker, its simulation included.
        memory_bytes: Most memory of all processes together, in resident pages; those that
            processes share count in each.
        disk_bytes: The run directory at the end.
    """

    n_workers: int
    evaluation_s: tuple[float, ...]
    start_s: float
    generate_s: float
    scan_s: float
    explore_s: float
    describe_s: float
    select_s: float
    wall_s: float
    core_s: float
    worker_bytes: int
    memory_bytes: int
    disk_bytes: int


def estimate_cost(config: PipelineConfig, plan: RunPlan) -> CostEstimate:
    """Rehearse a run on this machine and foretell its cost.

    Where a cluster decides on the number of workers, it is foretold for one worker here.

    Raises:
        AutoPipeError: The rehearsal failed, as the run would.
    """
    n_workers = plan.n_workers or 1
    import_s, import_bytes = _imports()
    side_by_side = min(n_workers, plan.n_structures, MOST_REHEARSALS)
    with ThreadPoolExecutor(side_by_side) as threads:
        rehearsals = list(threads.map(_rehearsed, [config] * side_by_side))
    slowest = max(rehearsals, key=lambda each: sum(pace.step_s for pace in each.paces))
    return foretell(config, plan, slowest, import_s=import_s, import_bytes=import_bytes)


def foretell(
    config: PipelineConfig,
    plan: RunPlan,
    seen: Rehearsal,
    *,
    import_s: float,
    import_bytes: int,
) -> CostEstimate:
    """Reckon what a run costs from a rehearsal.

    Args:
        config: The run's config.
        plan: Its size.
        seen: What was measured.
        import_s: Time in which a process imports Prefect and Dask, in s.
        import_bytes: Memory of such a process.
    """
    n_workers = plan.n_workers or 1
    structures_s = list(_structures_s(config, seen))
    busy = min(n_workers, len(structures_s))
    loading_s = seen.ready_s if busy > 1 else seen.build_s
    n_chunks = math.ceil(plan.n_frames / CHUNK_FRAMES)
    n_tasks = len(structures_s) + n_chunks
    describe_s = seen.describe_first_s + plan.n_frames * seen.describe_s / min(n_workers, n_chunks)
    parts = {
        "start_s": import_s * (_START_IMPORTS + _TASK_IMPORTS * n_tasks),
        "generate_s": sum(each.make_s * len(each.n_atoms) for each in seen.sizes),
        "scan_s": seen.ready_s - seen.build_s + seen.scan_s,
        "explore_s": loading_s + _makespan_s(structures_s, busy),
        "describe_s": describe_s,
        "select_s": seen.select_s + seen.store_s + plan.n_frames * (_SELECT_S + 2.0 * seen.read_s),
    }
    worker_bytes = seen.memory_bytes + round(_WORKER_MEMORY * import_bytes)
    flow_bytes = _FLOW_MEMORY * import_bytes + _COPIES * plan.n_frames * seen.descriptor_bytes
    return CostEstimate(
        n_workers=n_workers,
        evaluation_s=tuple(
            pace.evaluation_s * size.n_atoms[0]
            for pace, size in zip(seen.paces, seen.sizes, strict=True)
        ),
        **parts,
        wall_s=sum(parts.values()),
        core_s=sum(structures_s),
        worker_bytes=worker_bytes,
        memory_bytes=round(flow_bytes) + n_workers * worker_bytes,
        disk_bytes=_disk_bytes(config, plan, seen),
    )


def _structures_s(config: PipelineConfig, seen: Rehearsal) -> Iterable[float]:
    """Yield the time of each exploration: its steps, and an evaluation for each move."""
    n_steps, n_moves = config.exploration.n_steps, moves_each(config)
    for size, pace in zip(seen.sizes, seen.paces, strict=True):
        for n_atoms in size.n_atoms:
            yield n_atoms * (n_steps * pace.step_s + n_moves * pace.evaluation_s)


def _makespan_s(tasks_s: Iterable[float], n_workers: int) -> float:
    """Return when the last of some tasks ends, each given to the first worker that is free.

    Example:
        >>> _makespan_s([2.0, 1.0, 1.0, 3.0], 2)
        5.0
    """
    free_s = [0.0] * n_workers
    for task_s in tasks_s:
        heapq.heapreplace(free_s, free_s[0] + task_s)
    return max(free_s)


def _disk_bytes(config: PipelineConfig, plan: RunPlan, seen: Rehearsal) -> int:
    """Return the size of the run directory at the end: every frame is there twice."""
    frames_each = config.exploration.n_steps // config.exploration.save_every + 1
    frames = sum(
        frames_each * sum(size.n_atoms) * pace.frame_bytes
        for size, pace in zip(seen.sizes, seen.paces, strict=True)
    )
    selected = plan.n_selected * (frames / plan.n_frames + seen.row_bytes)
    descriptions = plan.n_frames * seen.descriptor_bytes
    kept = EMPTY_DATABASE_BYTES + _REPORT_BYTES + plan.n_structures * _RESULT_BYTES
    return round(2.0 * frames + selected + descriptions + kept)


def _rehearsed(config: PipelineConfig) -> Rehearsal:
    """Rehearse in a process of its own."""
    supervisor = Supervisor()
    try:
        seen: Rehearsal = supervisor.call(rehearse, config)
    finally:
        supervisor.close()
    return seen


def _imports() -> tuple[float, int]:
    """Return the time and the memory that the imports of Prefect and Dask take in a process.

    Raises:
        OrchestrationError: They cannot be imported.
    """
    done = subprocess.run(  # noqa: S603 - this interpreter, fixed arguments
        [sys.executable, "-c", _PROBE], capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = f"Prefect and Dask cannot be imported: {done.stderr.splitlines()[-1]}"
        raise OrchestrationError(message)
    taken_s, resident_bytes = json.loads(done.stdout)
    return float(taken_s), int(resident_bytes)
