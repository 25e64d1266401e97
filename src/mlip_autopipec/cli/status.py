"""`mlip-autopipe status`: how far a run is, from any shell."""

from mlip_autopipec.cli.types import RunDirArgument


def status(run_dir: RunDirArgument) -> None:
    """Show how far a run is, while it runs and after."""
    from rich.console import Console  # noqa: PLC0415 - heavy imports wait until they are needed

    from mlip_autopipec.cli.live import headline  # noqa: PLC0415
    from mlip_autopipec.cli.tables import print_figures, summary_rows  # noqa: PLC0415
    from mlip_autopipec.orchestration.monitor import RunMonitor  # noqa: PLC0415
    from mlip_autopipec.orchestration.session import read_note  # noqa: PLC0415
    from mlip_autopipec.pipeline.runner import PipelineRunner  # noqa: PLC0415

    runner = PipelineRunner.open(run_dir)
    console = Console()
    console.print(headline(RunMonitor(run_dir).snapshot()), highlight=False)
    note = read_note(run_dir)
    rows = summary_rows(runner.summary(), None if note is None else note.url)
    print_figures(console, runner.config.name, rows)
