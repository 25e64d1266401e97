"""One task run a structure: what is done already is read here, the rest goes to the workers."""

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ParamSpec, TypeVar, cast

from prefect import Task, tags
from prefect.client.schemas import State
from prefect.tasks import exponential_backoff

from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.caching import result_options
from mlip_autopipec.orchestration.chunks import chunk_key, describe_chunks
from mlip_autopipec.orchestration.gathering import Future, gather
from mlip_autopipec.orchestration.work import (
    StructureFailed,
    explored,
    load_supervised,
    trajectories,
)
from mlip_autopipec.pipeline.records import DescriptorRecord, StageRecord, StructureRecord
from mlip_autopipec.pipeline.runner import PipelineRunner

logger = logging.getLogger(__name__)

_JITTER = 0.5

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Arguments = Callable[[str], dict[str, Any]]


def configured_task(
    task: Task[Parameters, Result], runner: PipelineRunner
) -> Task[Parameters, Result]:
    """Return the task with the run's retries, and its results in the run directory."""
    execution = runner.config.execution
    return task.with_options(
        retries=execution.retries,
        retry_delay_seconds=exponential_backoff(execution.retry_delay_s)(execution.retries),
        retry_jitter_factor=_JITTER,
        **result_options(runner.run_dir),
    )


def scan_once(task: Task[..., StageRecord], runner: PipelineRunner) -> StageRecord:
    """Scan the pairs of elements on a worker, or read the scan that is there.

    The other workers load the model meanwhile.

    Raises:
        AutoPipeError: The calculator cannot be built, or the worker was lost.
    """
    configured = configured_task(task, runner)
    arguments = {"run_dir": str(runner.run_dir), "key": runner.scan_key()}
    known = runner.directory.read_record(StageRecord, "scan")
    same = known is not None and known.key == arguments["key"]
    if known is not None and same and runner.directory.is_intact(known.file):
        return configured(**arguments)
    loading = []

    def submit(_name: str) -> Future:
        future = cast("Future", configured.submit(**arguments))
        loading.extend(_load_elsewhere(future, runner))
        return future

    ((_, outcome),) = gather(submit, ["scan"])
    if isinstance(outcome, BaseException):
        raise outcome
    return runner.keep(cast("StageRecord", outcome))  # a cached result may outlive the record


def _load_elsewhere(scan: Future, runner: PipelineRunner) -> list[Any]:
    """Have the workers that will explore, but for the one that scans, load the model.

    They are no task runs: nothing comes of them, and nothing is lost with them. Dask forgets them
    when their futures are dropped.
    """
    client = getattr(scan.wrapped_future, "client", None)
    if client is None:  # threads of this process
        return []
    n_others = min(len(client.ncores()), len(runner.structure_ids())) - 1
    path = str(runner.run_dir)
    return [client.submit(load_supervised, path, pure=False) for _ in range(n_others)]


def explore_structures(
    task: Task[..., StructureRecord],
    runner: PipelineRunner,
    on_finished: Callable[[StructureRecord], None],
) -> list[StructureRecord]:
    """Explore from every structure; one that fails, or whose process is lost, stops no other.

    Args:
        task: The task that explores from one structure.
        runner: The run.
        on_finished: Called with each record as it comes.
    """
    structure_ids = runner.structure_ids()
    records: dict[str, StructureRecord] = {}

    def arguments(structure_id: str) -> dict[str, Any]:
        key = runner.explore_key(structure_id)
        return {"run_dir": str(runner.run_dir), "structure_id": structure_id, "key": key}

    def is_done(structure_id: str) -> bool:
        record = runner.directory.read_record(StructureRecord, "explore", structure_id)
        known = record is not None and record.key == runner.explore_key(structure_id)
        file = record.file if known and record is not None else None
        return file is not None and runner.directory.is_intact(file)

    def labels(structure_id: str) -> list[str]:
        return [
            f"generator:{generator_label(structure_id)}",
            f"ensemble:{runner.ensemble_name(structure_id)}",
        ]

    configured = configured_task(task, runner)
    for structure_id, outcome in _mapped(configured, structure_ids, arguments, is_done, labels):
        records[structure_id] = _as_record(runner, structure_id, outcome)
        on_finished(records[structure_id])
    return [records[structure_id] for structure_id in structure_ids]


def describe_structures(
    task: Task[..., list[DescriptorRecord]], runner: PipelineRunner, stage: StageRecord
) -> list[DescriptorRecord]:
    """Describe every trajectory, several a task.

    Args:
        task: The task that describes some trajectories.
        runner: The run.
        stage: The gathered trajectories.

    Raises:
        AutoPipeError: A task failed: without all descriptors there is nothing to choose from.
    """
    records = [explored(runner, structure_id) for structure_id in trajectories(stage)]
    chunks = {chunk[0].structure_id: chunk for chunk in describe_chunks(records)}

    def arguments(name: str) -> dict[str, Any]:
        structure_ids = [record.structure_id for record in chunks[name]]
        key = chunk_key(runner, chunks[name])
        return {"run_dir": str(runner.run_dir), "structure_ids": structure_ids, "key": key}

    def is_done(name: str) -> bool:
        return all(_is_described(runner, record) for record in chunks[name])

    described: dict[str, DescriptorRecord] = {}
    configured = configured_task(task, runner)
    for _, outcome in _mapped(configured, chunks, arguments, is_done, _no_labels):
        if isinstance(outcome, BaseException):
            raise outcome
        described.update({record.structure_id: record for record in outcome})
    return [described[record.structure_id] for record in records]


def generator_label(structure_id: str) -> str:
    """Return the label of the generator that made a structure.

    Example:
        >>> generator_label("alloy-0003")
        'alloy'
    """
    return structure_id.rpartition("-")[0]


def _mapped(
    task: Task[..., Result],
    names: Iterable[str],
    arguments: Arguments,
    is_done: Callable[[str], bool],
    labels: Callable[[str], list[str]],
) -> Iterator[tuple[str, Any]]:
    """Yield name and outcome of each task run; those that are done already run in this process."""
    outstanding = []
    for name in names:
        if is_done(name):
            with tags(*labels(name)):
                state = cast("State[Any]", task(**arguments(name), return_state=True))
            yield name, state.result(raise_on_failure=False)
        else:
            outstanding.append(name)

    def submit(name: str) -> Future:
        with tags(*labels(name)):
            return cast("Future", task.submit(**arguments(name)))

    yield from gather(submit, outstanding)


def _no_labels(_name: str) -> list[str]:
    return []


def _as_record(runner: PipelineRunner, structure_id: str, outcome: Any) -> StructureRecord:  # noqa: ANN401 - a record or an error
    """Return a record of whatever became of an exploration."""
    if isinstance(outcome, StructureRecord):
        return runner.keep(outcome)  # a cached result may outlive the record
    if isinstance(outcome, StructureFailed):
        return outcome.record
    if isinstance(outcome, OrchestrationError):
        return runner.lost_structure(structure_id, str(outcome))
    return runner.lost_structure(structure_id, f"{type(outcome).__name__}: {outcome}")


def _is_described(runner: PipelineRunner, record: StructureRecord) -> bool:
    """Say whether the descriptors of a trajectory are there already."""
    known = runner.directory.read_record(DescriptorRecord, "describe", record.structure_id)
    if known is None or known.key != runner.describe_key(record):
        return False
    return runner.directory.is_intact(known.file)
