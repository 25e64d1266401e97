"""`mlip-autopipe init`: a commented example config."""

from enum import StrEnum
from importlib.resources import files
from typing import Annotated

import typer


class Kind(StrEnum):
    """Kinds of material that have an example."""

    alloy = "alloy"
    cluster = "cluster"
    file = "file"
    ionic = "ionic"
    liquid = "liquid"
    molecule = "molecule"
    random_crystal = "random_crystal"
    slab = "slab"


def init(
    kind: Annotated[Kind, typer.Argument(help="What to make a training set of.", metavar="KIND")],
) -> None:
    """Print a commented example config: [bold]mlip-autopipe init alloy > config.yaml[/]."""
    template = files("mlip_autopipec.cli") / "templates" / f"{kind.value}.yaml"
    typer.echo(template.read_text(encoding="utf-8"), nl=False)
