"""The second stage as tasks: one a structure."""

from prefect import task

from mlip_autopipec.orchestration.caching import given_key
from mlip_autopipec.orchestration.retrying import may_pass
from mlip_autopipec.orchestration.work import explore_supervised
from mlip_autopipec.pipeline.records import StructureRecord


@task(
    name="explore",
    task_run_name="explore-{structure_id}",
    cache_key_fn=given_key,
    persist_result=True,
    cache_result_in_memory=False,
    retry_condition_fn=may_pass,
)
def explore_structure(run_dir: str, structure_id: str, key: str) -> StructureRecord:  # noqa: ARG001 - the cache's
    """Explore from one structure, in a process that the worker supervises."""
    return explore_supervised(run_dir, structure_id)
