"""`mlip-autopipe status`: how far a run is, from any shell."""

import typer

from mlip_autopipec.cli.types import JsonOption, RunDirArgument


def status(run_dir: RunDirArgument, *, as_json: JsonOption = False) -> None:
    """Show how far a run is, while it runs and after."""
    from rich.console import Console  # noqa: PLC0415 - heavy imports wait until they are needed

    from mlip_autopipec.cli.documents import Figures, StatusDocument  # noqa: PLC0415
    from mlip_autopipec.cli.live import headline  # noqa: PLC0415
    from mlip_autopipec.cli.tables import print_figures, summary_rows  # noqa: PLC0415
    from mlip_autopipec.orchestration.monitor import RunMonitor  # noqa: PLC0415
    from mlip_autopipec.orchestration.run_state import run_state  # noqa: PLC0415
    from mlip_autopipec.pipeline.runner import PipelineRunner  # noqa: PLC0415

    runner = PipelineRunner.open(run_dir)
    snapshot, stands = RunMonitor(run_dir).snapshot(), run_state(run_dir)
    summary, url = runner.summary(), stands.url or None
    if as_json:
        figures = Figures.of(summary, url)
        said = StatusDocument.of(snapshot, figures, state=stands.state, pid=stands.pid)
        typer.echo(said.model_dump_json(indent=2))
        return
    console = Console()
    console.print(headline(snapshot), highlight=False)
    process = "" if stands.pid is None else f", process {stands.pid}"
    rows = [("state", f"{stands.state}{process}"), *summary_rows(summary, url)]
    print_figures(console, runner.config.name, rows)
