"""The `mlip-autopipe` program: its commands, and what an error looks like to the user."""

import os
import sys
import traceback
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from typer.exceptions import TyperException

from mlip_autopipec import __version__
from mlip_autopipec.cli.cache import cache
from mlip_autopipec.cli.export import export
from mlip_autopipec.cli.hints import hint_for, usage_hint
from mlip_autopipec.cli.init import init
from mlip_autopipec.cli.preview import preview
from mlip_autopipec.cli.report import report
from mlip_autopipec.cli.run import run
from mlip_autopipec.cli.server import server
from mlip_autopipec.cli.status import status
from mlip_autopipec.cli.ui import ui
from mlip_autopipec.cli.validate import validate
from mlip_autopipec.errors import AutoPipeError

EXIT_FAULT = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
_INTERRUPTED = "[yellow]interrupted[/]: run the same command again to go on from here"
DEBUG_VARIABLE = "MLIP_AUTOPIPE_DEBUG"

app = typer.Typer(
    name="mlip-autopipe",
    help="Training sets for machine-learned interatomic potentials from one config file.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
COMMANDS = (init, validate, preview, run, status, report, export, cache, server, ui)
for command in COMMANDS:
    app.command()(command)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    """Print the version and stop."""
    if wanted:
        typer.echo(f"mlip-autopipe {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of errors.")] = False,
    version: Annotated[  # noqa: ARG001 - acted on by its callback
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Take the options that every command has."""
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"


def main() -> None:
    """Run the program; every error ends in clear lines on standard error and an exit code."""
    sys.exit(_exit_code())


def _exit_code() -> int:
    """Run a command and turn what it raises into an exit code."""
    try:
        outcome = app(standalone_mode=False)
    except TyperException as error:
        message = " ".join(error.format_message().split())  # which names the option
        typer.echo(f"error: {message}", err=True)
        _hint(usage_hint(sys.argv[1:], [command.__name__ for command in COMMANDS]))
        return EXIT_BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        _say(_INTERRUPTED)
        return EXIT_INTERRUPTED
    except AutoPipeError as error:
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
        for line in str(error).splitlines():
            _say(f"[red]error[/]: {escape(line)}")
        _hint(hint_for(error))
        return EXIT_BAD_INPUT
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        _say(f"[red]error[/]: {type(error).__name__}: {escape(str(error))}")
        _say("this is a fault of mlip-autopipe; `mlip-autopipe --debug …` shows where it happened")
        return EXIT_FAULT
    if outcome == EXIT_INTERRUPTED:  # what typer makes of Ctrl-C
        _say(_INTERRUPTED)
    return outcome if isinstance(outcome, int) else 0


def _hint(text: str) -> None:
    """Say what to try, to people: what is not a terminal gets the error alone."""
    if sys.stderr.isatty():
        _say(f"[dim]hint: {escape(text)}[/]")


def _say(text: str) -> None:
    """Write a line to standard error, never folded."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(text)
