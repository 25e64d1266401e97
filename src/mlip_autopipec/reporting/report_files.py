"""The files of a report: page, figures and data, in a folder of the run directory."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from mlip_autopipec.errors import AutoPipeError
from mlip_autopipec.files import write_bytes, write_text
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting.collection import collect, report_key
from mlip_autopipec.reporting.models import RunReport

FOLDER = "report"
PAGE = "report.html"
DATA = "report.json"


class ReportError(AutoPipeError):
    """A report cannot be written."""


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """What a report consists of.

    Attributes:
        page: The page, which holds everything.
        data: What the page says, as JSON.
        pictures: The figures as PNG, by name.
        report: What the page says.
    """

    page: Path
    data: Path
    pictures: dict[str, Path]
    report: RunReport


def page_path(run_dir: str | Path) -> Path:
    """Return where the page of a run's report lies, whether it is there or not."""
    return Path(run_dir).absolute() / FOLDER / PAGE


def write_report(runner: PipelineRunner, output: Path | None = None) -> ReportFiles:
    """Write a run's report, unless the report that is there says the same.

    Args:
        runner: The run, finished or not.
        output: The folder; ``report`` in the run directory if None.

    Raises:
        ReportError: The folder cannot be written to.
        FrameFileError: A trajectory cannot be read.
    """
    folder = runner.run_dir / FOLDER if output is None else output.expanduser().absolute()
    known = _read(folder)
    if known is not None and known.report.key == report_key(runner):
        return known
    _make(folder)
    report = collect(runner)
    from mlip_autopipec.reporting.figures.gallery import NAMES, gallery  # noqa: PLC0415 - to draw
    from mlip_autopipec.reporting.page import render_page  # noqa: PLC0415

    pictures = list(gallery(report))
    for name in NAMES:
        (folder / f"{name}.png").unlink(missing_ok=True)
    for picture in pictures:
        write_bytes(folder / f"{picture.name}.png", picture.png)
    write_text(folder / PAGE, render_page(report, pictures))
    write_text(folder / DATA, report.model_dump_json(indent=1) + "\n")
    return _files(folder, report)


def _make(folder: Path) -> None:
    """Make the folder.

    Raises:
        ReportError: It cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        message = f"--output {folder}: cannot be written to ({error.strerror})"
        raise ReportError(message) from error


def _files(folder: Path, report: RunReport) -> ReportFiles:
    """Name the files of a report."""
    from mlip_autopipec.reporting.figures.gallery import NAMES  # noqa: PLC0415 - as above

    paths = {name: folder / f"{name}.png" for name in NAMES}
    pictures = {name: path for name, path in paths.items() if path.exists()}
    return ReportFiles(folder / PAGE, folder / DATA, pictures, report)


def _read(folder: Path) -> ReportFiles | None:
    """Return the report that is there; None if there is none, or one of another version."""
    try:
        report = RunReport.model_validate_json((folder / DATA).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
    return _files(folder, report) if (folder / PAGE).is_file() else None
