"""The work of the tasks: the runner's methods, in a supervised process where they may crash."""

import functools
import logging
from collections.abc import Callable, Sequence
from typing import Any

from filelock import FileLock

from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.files import sha256_file
from mlip_autopipec.orchestration.child import LogLine
from mlip_autopipec.orchestration.progress import ProgressFile
from mlip_autopipec.orchestration.supervision import ProcessLost, Watch, thread_supervisor
from mlip_autopipec.pipeline.records import DescriptorRecord, StageRecord, StructureRecord
from mlip_autopipec.pipeline.run_directory import RunDirectory
from mlip_autopipec.pipeline.runner import PipelineRunner

logger = logging.getLogger(__name__)

_MEMORY_SHARE = 0.95
"""Share of a worker's memory that its simulation may use before it is ended."""

_LOCK_TIMEOUT_S = 60.0


class StructureFailed(OrchestrationError):  # noqa: N818 - it names what happened
    """The exploration of a structure was given up for a reason that a repeat would meet again.

    Attributes:
        record: What is known and kept of it.
    """

    def __init__(self, record: StructureRecord) -> None:
        """Keep the record; the message names structure and reason."""
        super().__init__(f"{record.structure_id}: {record.reason}")
        self.record = record

    def __reduce__(self) -> tuple[type["StructureFailed"], tuple[StructureRecord]]:
        """Rebuild from the record when the error crosses process boundaries."""
        return (type(self), (self.record,))


def scan_supervised(run_dir: str) -> StageRecord:
    """Scan the pairs of elements, in this worker's supervised process.

    Raises:
        CalculatorError: The calculator cannot be built.
        ProcessLost: The process crashed, was killed, or passed its memory limit.
        Abandoned: Nobody waits for it any more.
    """
    watch = _watch(run_dir, "scan", timeout_s=None)
    record: StageRecord = thread_supervisor().call(scan_here, run_dir, watch=watch)
    return record


def load_supervised(run_dir: str) -> None:
    """Load the model into this worker's supervised process, while another scans the pairs.

    A fault is not one of the run yet: the exploration meets it again, and tells of it.
    """
    memory_bytes, _ = _worker_limits()
    log_path = RunDirectory(run_dir).path / "logs" / "load.log"
    watch = Watch(log_path=log_path, memory_bytes=memory_bytes, on_log=_log_to_run)
    try:
        thread_supervisor().call(load_here, run_dir, watch=watch)
    except Exception as error:  # noqa: BLE001 - see above
        logger.warning("the model could not be loaded ahead: %s", error)


def explore_supervised(run_dir: str, structure_id: str) -> StructureRecord:
    """Explore from one structure, in this worker's supervised process.

    Raises:
        StructureFailed: It was given up; a repeat would end the same way.
        ProcessLost: Its process crashed, was killed, or passed a limit.
        Abandoned: Nobody waits for it any more.
    """
    timeout_s = RunDirectory(run_dir).read_config().execution.structure_timeout_s
    watch = _watch(run_dir, structure_id, timeout_s)
    record: StructureRecord = thread_supervisor().call(
        explore_here, run_dir, structure_id, watch=watch
    )
    if record.status == "failed":
        raise StructureFailed(record)
    return record


def describe_supervised(run_dir: str, structure_ids: Sequence[str]) -> list[DescriptorRecord]:
    """Compute the descriptors of some trajectories, in this worker's supervised process.

    Raises:
        ProcessLost: The process crashed, was killed, or passed its memory limit.
        Abandoned: Nobody waits for it any more.
    """
    watch = _watch(run_dir, "describe", None)
    described: list[DescriptorRecord] = thread_supervisor().call(
        describe_here, run_dir, tuple(structure_ids), watch=watch
    )
    return described


def scan_here(run_dir: str) -> StageRecord:
    """Scan the pairs of elements in this process."""
    return _runner(run_dir).scan_pairs()


def load_here(run_dir: str) -> None:
    """Load the model into this process."""
    PipelineRunner.open(run_dir).load_model()


def explore_here(run_dir: str, structure_id: str) -> StructureRecord:
    """Explore from one structure in this process, writing its progress.

    No other process works on the structure meanwhile, even where a worker that was cut off has not
    noticed yet that its work was given to another.

    Raises:
        TimeoutError: Another process does not let go of the structure.
    """
    directory = RunDirectory(run_dir)
    locks = directory.path / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (
        FileLock(locks / structure_id, timeout=_LOCK_TIMEOUT_S),
        ProgressFile(directory.path, structure_id) as progress,
    ):
        return _runner(run_dir).explore_structure(structure_id, progress)


def describe_here(run_dir: str, structure_ids: Sequence[str]) -> list[DescriptorRecord]:
    """Compute the descriptors of some trajectories in this process."""
    runner = _runner(run_dir)
    return [runner.describe_structure(explored(runner, name)) for name in structure_ids]


def explored(runner: PipelineRunner, structure_id: str) -> StructureRecord:
    """Return the record that the exploration of a structure left.

    Raises:
        OrchestrationError: There is none.
    """
    record = runner.directory.read_record(StructureRecord, "explore", structure_id)
    if record is None:
        message = f"{structure_id} has not been explored yet"
        raise OrchestrationError(message)
    return record


def explored_stage(runner: PipelineRunner) -> StageRecord:
    """Return the record of the gathered trajectories.

    Raises:
        OrchestrationError: Nothing has been explored yet.
    """
    return _stage(runner, "explore")


def sampled_stage(runner: PipelineRunner) -> StageRecord:
    """Return the record of the selection.

    Raises:
        OrchestrationError: Nothing has been sampled yet.
    """
    return _stage(runner, "sample")


def _stage(runner: PipelineRunner, stage: str) -> StageRecord:
    record = runner.directory.read_record(StageRecord, stage)
    if record is None:
        message = f"{runner.run_dir}: the stage {stage!r} has not been done yet"
        raise OrchestrationError(message)
    return record


def trajectories(stage: StageRecord) -> list[str]:
    """Return the structures that have a trajectory, in the order of the gathered file."""
    rows = stage.summary.get("trajectories")
    return [str(row[0]) for row in rows if isinstance(row, list)] if isinstance(rows, list) else []


def is_passing(error: object) -> bool:
    """Say whether a fault may be gone the next time: a lost process, a disk, a network.

    Bad input, a model that does not know an element and failed physics are not.
    """
    if isinstance(error, ProcessLost | OSError | MemoryError):
        return True
    return type(error).__name__ == "OutOfMemoryError"  # torch's, of a GPU that others use too


def _runner(run_dir: str) -> PipelineRunner:
    """Return the runner that this process keeps, with its model loaded, while the run is the same.

    A run is the same while its config, model, starting structures and pair scan are.
    """
    directory = RunDirectory(run_dir)
    files = (directory.config, directory.model, directory.structure_index, directory.pair_scan)
    digests = tuple(sha256_file(path) for path in files if path.exists())
    return _open(run_dir, digests)


@functools.lru_cache(maxsize=1)
def _open(run_dir: str, _digests: tuple[str, ...]) -> PipelineRunner:
    return PipelineRunner.open(run_dir)


def _watch(run_dir: str, name: str, timeout_s: float | None) -> Watch:
    """Return how a call is watched on this worker."""
    memory_bytes, abandoned = _worker_limits()
    return Watch(
        log_path=RunDirectory(run_dir).path / "logs" / f"{name}.log",
        timeout_s=timeout_s,
        memory_bytes=memory_bytes,
        abandoned=abandoned,
        on_log=_log_to_run,
    )


def _worker_limits() -> tuple[int | None, Callable[[], bool]]:
    """Return the memory of this Dask worker, and a test for whether it still wants the result.

    A worker that closes, or whose client has gone, wants it no more. Outside Dask there is no
    limit.
    """
    from distributed import Status, get_worker  # noqa: PLC0415 - only where tasks run

    try:
        worker = get_worker()
    except ValueError:
        return None, lambda: False
    key = worker.get_current_task()
    limit = worker.memory_manager.memory_limit

    def abandoned() -> bool:
        state: Any = worker.state.tasks.get(key)
        closing = worker.status not in {Status.running, Status.paused, Status.init}
        return closing or state is None or state.state == "cancelled"

    return (None if limit is None else int(limit * _MEMORY_SHARE)), abandoned


def _log_to_run(line: LogLine) -> None:
    """Show a log record of the simulation in the UI, as one of its task run."""
    from prefect.exceptions import MissingContextError  # noqa: PLC0415 - only where tasks run
    from prefect.logging import get_run_logger  # noqa: PLC0415

    try:
        get_run_logger().log(line.level, "%s", line.message)
    except MissingContextError:
        logging.getLogger(line.logger).log(line.level, "%s", line.message)
