"""The third stage as tasks: descriptors of some trajectories, and the selection."""

from prefect import task

from mlip_autopipec.orchestration.caching import given_key
from mlip_autopipec.orchestration.retrying import may_pass
from mlip_autopipec.orchestration.work import describe_supervised
from mlip_autopipec.pipeline.records import DescriptorRecord, StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner


@task(
    name="describe",
    task_run_name="describe-{structure_ids[0]}",
    cache_key_fn=given_key,
    persist_result=True,
    cache_result_in_memory=False,
    retry_condition_fn=may_pass,
)
def describe_trajectories(
    run_dir: str,
    structure_ids: list[str],
    key: str,  # noqa: ARG001 - the cache's
) -> list[DescriptorRecord]:
    """Compute the descriptors of some trajectories, in a process that the worker supervises."""
    return describe_supervised(run_dir, structure_ids)


@task(name="sample", cache_key_fn=given_key, persist_result=True, cache_result_in_memory=False)
def select_frames(
    run_dir: str,
    explored: StageRecord,
    described: list[DescriptorRecord],
    key: str,  # noqa: ARG001 - the cache's
) -> StageRecord:
    """Select the frames to keep."""
    return PipelineRunner.open(run_dir).sample(explored, described)
