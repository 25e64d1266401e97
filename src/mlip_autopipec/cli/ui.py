"""`mlip-autopipe ui`: the web page."""

from pathlib import Path
from typing import Annotated

import typer


def ui(
    root: Annotated[
        Path,
        typer.Argument(
            help="Folder that the page works in; it reads nothing outside.", metavar="FOLDER"
        ),
    ] = Path(),
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65535, metavar="N", help="Port; a free one by default."),
    ] = None,
) -> None:
    """Serve the web page on this machine: compose, launch, follow and explore runs."""
    from mlip_autopipec.ui.confinement import RootFolder  # noqa: PLC0415 - only needed here
    from mlip_autopipec.ui.server import serve  # noqa: PLC0415

    serve(RootFolder(root), port)
