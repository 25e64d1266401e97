"""A run as the orchestrator sees it: config and directory in, one flow run at a time on it."""

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.files import write_text
from mlip_autopipec.orchestration.progress import forget_progress
from mlip_autopipec.pipeline.run_directory import RunDirectory
from mlip_autopipec.pipeline.runner import PipelineRunner

logger = logging.getLogger(__name__)

Overrides = Sequence[str] | Mapping[str, Any] | None


class FlowRunNote(BaseModel):
    """Which flow run works, or worked last, on a run directory.

    Attributes:
        flow_run_id: The flow run.
        url: Its page in the Prefect UI.
        pid: The process that runs it.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    flow_run_id: str
    url: str
    pid: int


def load_runner(
    config_path: str | Path, overrides: Overrides = None, run_dir: str | Path | None = None
) -> PipelineRunner:
    """Read a config and name the run directory; nothing is touched.

    Args:
        config_path: The config file.
        overrides: Assignments ``exploration.n_steps=200``, or a mapping of path to value.
        run_dir: The run directory; ``runs/<name>`` below the working directory if None.

    Raises:
        ConfigError: The config cannot be read or is not valid.
    """
    config = PipelineConfig.from_yaml(config_path, assignments(overrides))
    return PipelineRunner(config, Path("runs") / config.name if run_dir is None else run_dir)


def assignments(overrides: Overrides) -> tuple[str, ...]:
    """Write overrides as assignments.

    Example:
        >>> assignments({"exploration.n_steps": 200, "name": "a"})
        ('exploration.n_steps=200', 'name="a"')
    """
    if overrides is None:
        return ()
    if isinstance(overrides, Mapping):
        return tuple(f"{path}={json.dumps(value)}" for path, value in overrides.items())
    return tuple(overrides)


@contextmanager
def held(runner: PipelineRunner) -> Iterator[PipelineRunner]:
    """Hold the run directory for this flow run, checked and prepared.

    A flow run that was killed while it held the directory is marked as crashed: the lock it left
    says that its process has ended. The heartbeats of this flow run speak for its subflows too,
    each of which would otherwise wait up to a second for its last one.

    Raises:
        CalculatorError: The model is missing or does not know an element.
        RunDirectoryError: Another process holds the directory, or it cannot be used.
    """
    from prefect.exceptions import (  # noqa: PLC0415 - the CLI imports this module early
        TerminationSignal,
    )
    from prefect.settings import (  # noqa: PLC0415
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    silent = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with runner.directory.hold(), temporary_settings(silent):
        runner.prepare()
        forget_progress(runner.run_dir)
        _end_previous(runner.directory)
        _note_flow_run(runner.directory)
        try:
            yield runner
        except TerminationSignal:
            _end_tasks()
            raise


def read_note(run_dir: str | Path) -> FlowRunNote | None:
    """Return which flow run works, or worked last, on a run directory."""
    with suppress(OSError, ValidationError):
        text = _note_path(RunDirectory(run_dir)).read_text(encoding="utf-8")
        return FlowRunNote.model_validate_json(text)
    return None


def _note_path(directory: RunDirectory) -> Path:
    return directory.path / "flow_run.json"


def _note_flow_run(directory: RunDirectory) -> None:
    """Write down which flow run this is."""
    from prefect.runtime import flow_run  # noqa: PLC0415 - the CLI imports this module early
    from prefect.utilities.urls import url_for  # noqa: PLC0415

    if flow_run.id is None:
        return
    url = url_for("flow-run", obj_id=flow_run.id) or ""
    note = FlowRunNote(flow_run_id=str(flow_run.id), url=url, pid=os.getpid())
    write_text(_note_path(directory), note.model_dump_json(indent=2) + "\n")


def _end_tasks() -> None:
    """Mark what runs below this flow run as crashed; its own state is Prefect's to set."""
    from prefect.runtime import flow_run  # noqa: PLC0415 - the CLI imports this module early

    from mlip_autopipec.orchestration.states import end_subflows  # noqa: PLC0415 - it needs Prefect

    if flow_run.id is not None:
        end_subflows(flow_run.id, reason="the flow run was terminated")


def _end_previous(directory: RunDirectory) -> None:
    """Mark the flow run that held the directory before as crashed, if it still seems to run."""
    from prefect.runtime import flow_run  # noqa: PLC0415 - the CLI imports this module early

    from mlip_autopipec.orchestration.states import end_run  # noqa: PLC0415 - it needs Prefect

    note = read_note(directory.path)
    if note is not None and note.flow_run_id != str(flow_run.id):
        end_run(note.flow_run_id, interrupted=False, reason="its process has ended")
