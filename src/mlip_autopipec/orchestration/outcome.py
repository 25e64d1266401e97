"""How a run has ended: its final state, judged by the share of structures that failed."""

from typing import Any

from prefect.client.schemas import State
from prefect.states import Completed, Failed

from mlip_autopipec.orchestration.artifacts import publish_summary
from mlip_autopipec.orchestration.report_artifacts import publish_report
from mlip_autopipec.pipeline.records import RunSummary
from mlip_autopipec.pipeline.runner import PipelineRunner

PARTIAL = "PartialSuccess"
"""Name of the state of a run in which some structures failed, no more than the config allows."""


def conclude(runner: PipelineRunner) -> State[Any]:
    """Write the report, publish what the UI shows, and return the flow run's final state."""
    summary = runner.summary()
    publish_summary(summary)
    publish_report(runner)
    return final_state(summary, runner.config.execution.max_failed_fraction)


def final_state(summary: RunSummary, max_failed_fraction: float) -> State[Any]:
    """Return Completed, PartialSuccess (a completed state) or Failed.

    Args:
        summary: The run's figures.
        max_failed_fraction: Share of structures that may fail.
    """
    message = (
        f"{summary.n_explored} of {summary.n_generated} structures explored, "
        f"{summary.n_failed} failed; {summary.n_frames} frames, {summary.n_selected} stored"
    )
    if summary.n_frames == 0 or summary.failed_fraction > max_failed_fraction:
        allowed = f"execution.max_failed_fraction allows {max_failed_fraction:g}"
        return Failed(message=f"{message}; {allowed}")
    if summary.n_failed:
        return Completed(name=PARTIAL, message=message)
    return Completed(message=message)
