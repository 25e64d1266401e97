"""`mlip-autopipe server`: the Prefect server and UI that keep this user's run history."""

from enum import StrEnum
from typing import Annotated

import typer

from mlip_autopipec.errors import OrchestrationError


class Action(StrEnum):
    """What to do with the server."""

    start = "start"
    status = "status"
    stop = "stop"


def server(
    action: Annotated[
        Action, typer.Argument(help="start it if it does not run, show it, or stop it.")
    ] = Action.start,
    host: Annotated[
        str,
        typer.Option(
            "--host",
            help="Address to listen at, with PREFECT_SERVER_API_AUTH_STRING set if others reach it",
        ),
    ] = "127.0.0.1",
) -> None:
    """Start, show or stop the Prefect server; runs start it by themselves."""
    from mlip_autopipec.orchestration.server import (  # noqa: PLC0415 - only this command needs it
        ensure_server,
        server_status,
        stop_server,
    )

    if action is Action.stop:
        typer.echo("The server has stopped." if stop_server() else "No server of yours runs.")
        return
    if action is Action.start:
        ensure_server(host)
    status = server_status()
    if status.info is None:
        typer.echo("No server runs; a run, or `mlip-autopipe server`, starts it.")
        return
    if not status.healthy:
        message = f"the server at {status.info.api_url} does not answer"
        raise OrchestrationError(message)
    owner = "yours by PREFECT_API_URL or profile" if status.home is None else str(status.home)
    typer.echo(f"Prefect UI: {status.info.ui_url}  ({owner})")
