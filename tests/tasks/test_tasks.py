"""The tasks' own settings: names that a person can read, results that can be reused."""

from typing import Any

import pytest
from prefect import Task
from prefect.states import Failed

from mlip_autopipec.orchestration.caching import RecordSerializer, given_key
from mlip_autopipec.orchestration.mapping import configured_task
from mlip_autopipec.orchestration.supervision import ProcessLost
from mlip_autopipec.pipeline.runner import PipelineRunner
from tasks.explore import explore_structure
from tasks.generate import generate_structures
from tasks.sample import describe_trajectories, select_frames
from tasks.store import store_frames

ALL: list[Task[..., Any]] = [
    generate_structures,
    explore_structure,
    describe_trajectories,
    select_frames,
    store_frames,
]


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_results_are_kept_by_the_key_that_the_flow_computes(task: Task[..., Any]) -> None:
    assert task.cache_key_fn is given_key
    assert task.persist_result
    assert not task.cache_result_in_memory  # a long-lived worker has to see a deleted file


@pytest.mark.parametrize("task", [explore_structure, describe_trajectories], ids=lambda t: t.name)
def test_passing_faults_are_repeated_and_others_are_not(task: Task[..., Any]) -> None:
    condition = task.retry_condition_fn
    assert condition is not None
    run: Any = None
    assert condition(task, run, Failed(data=ProcessLost("killed")))
    assert not condition(task, run, Failed(data=ValueError("a bug")))


def test_an_exploration_is_named_after_its_structure() -> None:
    assert explore_structure.task_run_name == "explore-{structure_id}"


def test_a_run_sets_retries_with_growing_waits_and_the_place_of_results(
    emt_runner: PipelineRunner,
) -> None:
    task = configured_task(explore_structure, emt_runner)
    assert task.retries == emt_runner.config.execution.retries == 2
    assert task.retry_delay_seconds == [0.1, 0.2]
    assert task.result_storage == emt_runner.run_dir / ".results"
    assert task.result_serializer == RecordSerializer(run_dir=str(emt_runner.run_dir))
    assert task.cache_key_fn is given_key
