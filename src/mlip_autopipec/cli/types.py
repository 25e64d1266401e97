"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigArgument = Annotated[
    Path, typer.Argument(help="Config file (YAML).", metavar="CONFIG", show_default=False)
]
RunDirArgument = Annotated[
    Path, typer.Argument(help="Run directory.", metavar="RUN_DIR", show_default=False)
]
JsonOption = Annotated[
    bool,
    typer.Option(
        "--json",
        help="One JSON document on standard output and nothing else there, for machines; its "
        "fields are those of [bold]mlip_autopipec.cli.documents[/].",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override a config value: exploration.n_steps=200."
    ),
]
