"""The third stage as a flow: descriptors on Dask, then the selection."""

from prefect import flow

from mlip_autopipec.orchestration.mapping import configured_task, describe_structures
from mlip_autopipec.orchestration.names import stage_run_name
from mlip_autopipec.orchestration.work import explored_stage
from mlip_autopipec.orchestration.workers import build_task_runner
from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from tasks.sample import describe_trajectories, select_frames


@flow(name="sample", flow_run_name=stage_run_name, task_runner=build_task_runner())
def sample_flow(run_dir: str) -> StageRecord:
    """Select frames of all trajectories."""
    runner = PipelineRunner.open(run_dir)
    explored = explored_stage(runner)
    described = describe_structures(describe_trajectories, runner, explored)
    task = configured_task(select_frames, runner)
    return runner.keep(task(run_dir, explored, described, key=runner.sample_key(explored)))
