"""The fourth stage as a flow."""

from prefect import flow

from mlip_autopipec.orchestration.mapping import configured_task
from mlip_autopipec.orchestration.names import stage_run_name
from mlip_autopipec.orchestration.work import sampled_stage
from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from tasks.store import store_frames


@flow(name="store", flow_run_name=stage_run_name)
def store_flow(run_dir: str) -> StageRecord:
    """Put the selected frames into the database."""
    runner = PipelineRunner.open(run_dir)
    sampled = sampled_stage(runner)
    task = configured_task(store_frames, runner)
    return runner.keep(task(run_dir, sampled, key=runner.store_key(sampled)))
