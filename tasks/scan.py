"""Before the second stage: the pair scan as a task."""

from prefect import task

from mlip_autopipec.orchestration.caching import given_key
from mlip_autopipec.orchestration.retrying import may_pass
from mlip_autopipec.orchestration.work import scan_supervised
from mlip_autopipec.pipeline.records import StageRecord


@task(
    name="scan",
    task_run_name="scan-pairs",
    cache_key_fn=given_key,
    persist_result=True,
    cache_result_in_memory=False,
    retry_condition_fn=may_pass,
)
def scan_pairs(run_dir: str, key: str) -> StageRecord:  # noqa: ARG001 - the cache's
    """Scan the pairs of elements, in a process that the worker supervises."""
    return scan_supervised(run_dir)
