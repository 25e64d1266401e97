"""The second stage as a flow: one task run a structure, on Dask."""

from prefect import flow

from mlip_autopipec.orchestration.artifacts import live_progress, publish_structures
from mlip_autopipec.orchestration.mapping import explore_structures, scan_once
from mlip_autopipec.orchestration.names import stage_run_name
from mlip_autopipec.orchestration.workers import build_task_runner
from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from tasks.explore import explore_structure
from tasks.scan import scan_pairs


@flow(name="explore", flow_run_name=stage_run_name, task_runner=build_task_runner())
def explore_flow(run_dir: str) -> StageRecord:
    """Scan the pairs of elements, then explore; one structure that fails stops no other."""
    runner = PipelineRunner.open(run_dir)
    scan_once(scan_pairs, runner)
    with live_progress(runner) as on_finished:
        records = explore_structures(explore_structure, runner, on_finished)
    publish_structures(records, runner.config.name)
    return runner.gather(records)
