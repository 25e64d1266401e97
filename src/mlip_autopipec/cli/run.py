"""`mlip-autopipe run`: all stages of a config, with live progress."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlip_autopipec.cli.types import ConfigArgument, JsonOption, SetOption

if TYPE_CHECKING:
    from rich.console import Console

    from mlip_autopipec.orchestration.launch import Outcome
    from mlip_autopipec.pipeline.runner import PipelineRunner

EXIT_TOO_MANY_FAILED = 1


def run(
    config: ConfigArgument,
    run_dir: Annotated[
        Path | None,
        typer.Option("--run-dir", metavar="DIR", help="Run directory; runs/<name> by default."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, metavar="N", help="Workers on this machine; one a core."),
    ] = None,
    overrides: SetOption = None,
    *,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Do everything again, whatever is there already.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Run a config; running it again resumes, or ends at once when all is done."""
    from rich.console import Console  # noqa: PLC0415 - heavy imports wait until they are needed

    from mlip_autopipec.cli.documents import Figures, RunDocument  # noqa: PLC0415
    from mlip_autopipec.cli.tables import print_figures, summary_rows  # noqa: PLC0415
    from mlip_autopipec.orchestration.session import load_runner  # noqa: PLC0415

    assignments = list(overrides or ())
    if workers is not None:
        assignments.append(f"execution.cluster.n_workers={workers}")
    runner = load_runner(config, assignments, run_dir)
    runner.check()
    if fresh:
        with runner.directory.hold():
            runner.directory.forget_results()
    # with --json the live view goes to standard error, and only to a terminal
    console = Console(stderr=True, quiet=not sys.stderr.isatty()) if as_json else Console()
    outcome = _launch(console, runner, config, assignments)
    if as_json:
        said = RunDocument(
            outcome=outcome.kind,
            message=outcome.message,
            figures=Figures.of(outcome.summary, outcome.url),
        )
        typer.echo(said.model_dump_json(indent=2))
    else:
        rows = summary_rows(outcome.summary, outcome.url or None)
        print_figures(console, runner.config.name, rows)
    return EXIT_TOO_MANY_FAILED if outcome.kind == "failed" else 0


def _launch(
    console: "Console", runner: "PipelineRunner", config: Path, assignments: list[str]
) -> "Outcome":
    """Run the flow in this process, showing how far it is."""
    from mlip_autopipec.cli.live import LiveView  # noqa: PLC0415 - as above
    from mlip_autopipec.orchestration.environment import prepare_client  # noqa: PLC0415
    from mlip_autopipec.orchestration.monitor import RunMonitor  # noqa: PLC0415
    from mlip_autopipec.orchestration.server import ensure_server  # noqa: PLC0415

    with LiveView(console, RunMonitor(runner.run_dir), "starting the Prefect server") as view:
        ensure_server()
        prepare_client()
        from flows.pipeline import pipeline_flow  # noqa: PLC0415 - Prefect reads its settings now
        from mlip_autopipec.orchestration.launch import launch  # noqa: PLC0415

        view.phase = f"running {runner.config.name}"
        return launch(pipeline_flow, config, assignments, runner.run_dir)
