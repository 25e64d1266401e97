"""The fourth stage as a task."""

from prefect import task

from mlip_autopipec.orchestration.caching import given_key
from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner


@task(name="store", cache_key_fn=given_key, persist_result=True, cache_result_in_memory=False)
def store_frames(run_dir: str, sampled: StageRecord, key: str) -> StageRecord:  # noqa: ARG001 - the cache's
    """Put the selected frames into the database."""
    return PipelineRunner.open(run_dir).store(sampled)
