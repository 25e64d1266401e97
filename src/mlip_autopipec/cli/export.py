"""`mlip-autopipe export`: a run's dataset, or any database of frames, as files for trainers."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlip_autopipec.cli.types import JsonOption
from mlip_autopipec.errors import StorageError

if TYPE_CHECKING:
    from mlip_autopipec.storage.splitting import Fractions

URL = "://"


class Format(StrEnum):
    """Formats that can be written."""

    extxyz = "extxyz"


def export(
    source: Annotated[
        str,
        typer.Argument(
            help="Run directory, database (.db), or URL of a PostgreSQL database.",
            metavar="RUN_DIR",
            show_default=False,
        ),
    ],
    format_: Annotated[
        Format, typer.Option("--format", help="Extended XYZ, as MACE and SevenNet train on it.")
    ] = Format.extxyz,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="DIR", help="Folder to write to; RUN_DIR/export by default."
        ),
    ] = None,
    split: Annotated[
        str,
        typer.Option(metavar="SHARES", help="Shares of frames to train on, validate and test."),
    ] = "0.8,0.1,0.1",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the split.")] = 0,
    selection: Annotated[
        str | None,
        typer.Option(
            "--select", metavar="QUERY", help="Only these rows, in ASE's language: Au>4,step>=100."
        ),
    ] = None,
    label_set: Annotated[
        str | None,
        typer.Option(
            "--label-set",
            metavar="NAME",
            help="Labels that were added later, such as dft; the model's own by default.",
        ),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write training, validation and test sets that share no trajectory."""
    from rich.console import Console  # noqa: PLC0415 - heavy imports wait until they are needed

    from mlip_autopipec.cli.documents import ExportDocument  # noqa: PLC0415
    from mlip_autopipec.cli.tables import export_rows, print_figures  # noqa: PLC0415
    from mlip_autopipec.storage.db_wrapper import AseDBWrapper  # noqa: PLC0415
    from mlip_autopipec.storage.export import export_extxyz  # noqa: PLC0415

    fractions = parse_shares(split)
    location, folder = locate(source)
    folder = folder if output is None else output.expanduser().absolute()
    try:
        report = export_extxyz(
            AseDBWrapper(location),
            folder,
            fractions=fractions,
            seed=seed,
            selection=selection,
            label_set=label_set,
        )
    except OSError as error:
        message = f"--output {folder}: cannot be written to ({error.strerror})"
        raise StorageError(message) from error
    if as_json:
        said = ExportDocument(source=location, folder=str(folder), written=report)
        typer.echo(said.model_dump_json(indent=2))
        return
    print_figures(Console(), f"{location} as {format_.value}", export_rows(report, folder))


def parse_shares(text: str) -> "Fractions":
    """Read the shares of train, valid and test.

    Raises:
        StorageError: They are not three numbers.

    Example:
        >>> parse_shares("0.8, 0.2, 0")
        Fractions(train=0.8, valid=0.2, test=0.0)
    """
    from mlip_autopipec.storage.splitting import Fractions  # noqa: PLC0415 - as above

    try:
        train, valid, test = (float(part) for part in text.split(","))
    except ValueError as error:
        message = f"--split {text}: three numbers are needed, such as 0.8,0.1,0.1"
        raise StorageError(message) from error
    return Fractions(train, valid, test)


def locate(source: str) -> tuple[str, Path]:
    """Return where the database is, and the folder that is written to by default.

    Raises:
        StorageError: There is no database yet, or the source is neither of the three.
        RunDirectoryError: The folder holds no run.
    """
    if URL in source:
        return source, Path("export").absolute()
    path = Path(source).expanduser().absolute()
    if path.is_file():
        return str(path), path.with_name(f"{path.stem}-export")
    if not path.is_dir():
        message = f"{path}: there is no such run directory or database"
        raise StorageError(message)
    from mlip_autopipec.pipeline.runner import PipelineRunner  # noqa: PLC0415 - loads the pipeline

    runner = PipelineRunner.open(path)
    database = runner.directory.database(runner.config.storage.database)
    if not database.is_file():
        message = f"{path}: has no {database.name} yet; the run has not come to its last stage"
        raise StorageError(message)
    return str(database), path / "export"
