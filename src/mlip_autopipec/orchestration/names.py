"""Names under which runs appear in the Prefect UI."""

from pathlib import Path

from prefect.runtime import flow_run


def pipeline_run_name() -> str:
    """Name the run of a whole pipeline after its config file."""
    return Path(str(flow_run.parameters["config_path"])).stem


def stage_run_name() -> str:
    """Name the run of one stage after the stage and the run directory."""
    return f"{flow_run.flow_name}-{Path(str(flow_run.parameters['run_dir'])).name}"
