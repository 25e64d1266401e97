"""`mlip-autopipe report`: a run told in one page, with its figures and data beside it."""

from pathlib import Path
from typing import Annotated

import typer

from mlip_autopipec.cli.types import JsonOption, RunDirArgument


def report(
    run_dir: RunDirArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="DIR", help="Folder to write; RUN_DIR/report by default."),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a page on a run, finished or not: what was asked, done, seen and selected."""
    from mlip_autopipec.cli.documents import ReportDocument  # noqa: PLC0415 - heavy imports wait
    from mlip_autopipec.pipeline.runner import PipelineRunner  # noqa: PLC0415
    from mlip_autopipec.reporting.report_files import write_report  # noqa: PLC0415

    written = write_report(PipelineRunner.open(run_dir), output)
    if as_json:
        said = ReportDocument(
            verdict=written.report.verdict,
            page=str(written.page),
            data=str(written.data),
            pictures={name: str(path) for name, path in written.pictures.items()},
        )
        typer.echo(said.model_dump_json(indent=2))
        return
    typer.echo(written.report.verdict)
    typer.echo(f"report: {written.page}")
