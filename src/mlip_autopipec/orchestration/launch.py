"""Running the pipeline's flow in this process, as the command line does."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from prefect import Flow
from prefect.client.schemas import State
from prefect.exceptions import FailedRun

from mlip_autopipec.orchestration.outcome import PARTIAL
from mlip_autopipec.orchestration.session import Overrides, assignments, load_runner, read_note
from mlip_autopipec.orchestration.states import end_run
from mlip_autopipec.pipeline.records import RunSummary


@dataclass(frozen=True)
class Outcome:
    """A finished flow run.

    Attributes:
        kind: ``failed`` when more structures failed than the config allows.
        message: The final state's message.
        url: The run's page in the Prefect UI; empty if there is none.
        summary: The run in figures.
    """

    kind: Literal["completed", "partial", "failed"]
    message: str
    url: str
    summary: RunSummary


def launch(
    pipeline_flow: Flow[..., Any],
    config_path: str | Path,
    overrides: Overrides = None,
    run_dir: str | Path | None = None,
) -> Outcome:
    """Run the pipeline; `mlip_autopipec.orchestration.server.ensure_server` comes first.

    What can be refused is refused before a flow run is made.

    Args:
        pipeline_flow: ``flows.pipeline.pipeline_flow``.
        config_path: The config file.
        overrides: Assignments ``exploration.n_steps=200``, or a mapping of path to value.
        run_dir: The run directory; ``runs/<name>`` below the working directory if None.

    Raises:
        AutoPipeError: The config, the model or the run directory cannot be used, or a stage
            failed as a whole.
        KeyboardInterrupt: The user interrupted the run, which can be resumed; the flow run and
            all below it are then Cancelled.
    """
    runner = load_runner(config_path, overrides, run_dir)
    with runner.directory.hold():
        runner.prepare()
    parameters = {
        "config_path": str(config_path),
        "overrides": list(assignments(overrides)),
        "run_dir": str(runner.run_dir),
    }
    try:
        state = _run(pipeline_flow, parameters)
    except KeyboardInterrupt:
        note = read_note(runner.run_dir)
        if note is not None and note.pid == os.getpid():
            reason = "interrupted by the user; run again to go on"
            end_run(note.flow_run_id, interrupted=True, reason=reason)
        raise
    error = state.result(raise_on_failure=False)
    if isinstance(error, BaseException) and not isinstance(error, FailedRun):
        raise error
    note = read_note(runner.run_dir)
    return Outcome(
        kind=_kind(state),
        message=state.message or "",
        url=note.url if note is not None else "",
        summary=runner.summary(),
    )


def _run(flow: Flow[..., Any], parameters: dict[str, Any]) -> State[Any]:
    """Run a flow and return its final state, whatever it is."""
    return cast("State[Any]", flow(**parameters, return_state=True))


def _kind(state: State[Any]) -> Literal["completed", "partial", "failed"]:
    """Return how a flow run ended."""
    if not state.is_completed():
        return "failed"
    return "partial" if state.name == PARTIAL else "completed"
