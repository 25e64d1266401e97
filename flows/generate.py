"""The first stage as a flow."""

from prefect import flow

from mlip_autopipec.orchestration.mapping import configured_task
from mlip_autopipec.orchestration.names import stage_run_name
from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from tasks.generate import generate_structures


@flow(name="generate", flow_run_name=stage_run_name)
def generate_flow(run_dir: str) -> StageRecord:
    """Make the starting structures of the run that a directory holds."""
    runner = PipelineRunner.open(run_dir)
    task = configured_task(generate_structures, runner)
    return runner.keep(task(run_dir=run_dir, key=runner.generate_key()))
