"""The first stage as a task."""

from prefect import task

from mlip_autopipec.orchestration.caching import given_key
from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner


@task(name="generate", cache_key_fn=given_key, persist_result=True, cache_result_in_memory=False)
def generate_structures(run_dir: str, key: str) -> StageRecord:  # noqa: ARG001 - the cache's
    """Make the starting structures."""
    return PipelineRunner.open(run_dir).generate()
