"""`mlip-autopipe preview`: a picture sheet of what a config would generate."""

from pathlib import Path
from typing import Annotated

import typer

from mlip_autopipec.cli.types import ConfigArgument, JsonOption, SetOption


def preview(
    config: ConfigArgument,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Picture (PNG); <name>.png by default."),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", metavar="N", min=1, max=100, help="Structures to show.")
    ] = 12,
    overrides: SetOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Draw the structures that a config would generate; nothing is computed with them."""
    from mlip_autopipec.cli.documents import PreviewDocument  # noqa: PLC0415 - heavy imports wait
    from mlip_autopipec.config import PipelineConfig  # noqa: PLC0415
    from mlip_autopipec.errors import ConfigError  # noqa: PLC0415
    from mlip_autopipec.pipeline import preview as sheets  # noqa: PLC0415

    resolved = PipelineConfig.from_yaml(config, tuple(overrides or ()))
    path = Path(f"{resolved.name}.png") if output is None else output
    if path.suffix.lower() != ".png":
        message = f"--output {path}: the sheet is a PNG; the name should end in .png"
        raise ConfigError([message])
    shown = sheets.preview(resolved, most)
    try:
        sheets.write_sheet(shown, path)
    except OSError as error:
        message = f"--output {path}: cannot be written ({error.strerror})"
        raise ConfigError([message]) from error
    if as_json:
        said = PreviewDocument(
            picture=str(path.absolute()),
            n_shown=len(shown.structures),
            n_structures=shown.n_structures,
        )
        typer.echo(said.model_dump_json(indent=2))
        return
    typer.echo(f"{path}: {len(shown.structures)} of {shown.n_structures:,} structures")
