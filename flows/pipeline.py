"""The whole run as a flow: one config file in, a training set out."""

from typing import Any

from prefect import flow
from prefect.client.schemas import State

from flows.explore import explore_flow
from flows.generate import generate_flow
from flows.sample import sample_flow
from flows.store import store_flow
from mlip_autopipec.orchestration.names import pipeline_run_name
from mlip_autopipec.orchestration.outcome import conclude
from mlip_autopipec.orchestration.session import held, load_runner
from mlip_autopipec.orchestration.workers import shared_workers


@flow(name="pipeline", flow_run_name=pipeline_run_name)
def pipeline_flow(
    config_path: str,
    overrides: list[str] | dict[str, Any] | None = None,
    run_dir: str | None = None,
) -> State[Any]:
    """Generate, explore, sample and store, resuming what an earlier run has left.

    Args:
        config_path: The config file.
        overrides: Assignments ``exploration.n_steps=200``, or a mapping of path to value.
        run_dir: The run directory; ``runs/<name>`` below the working directory if absent.
    """
    with held(load_runner(config_path, overrides, run_dir)) as runner:
        path = str(runner.run_dir)
        generate_flow(path)
        with shared_workers(runner.config.execution.cluster):
            explored = explore_flow(path)
            if explored.file.n_items:
                sample_flow(path)
        if explored.file.n_items:
            store_flow(path)
        return conclude(runner)
