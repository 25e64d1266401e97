"""The reference of the commands, written from the program itself."""

import re
from enum import Enum
from typing import Any

import typer

from mlip_autopipec.cli.app import app

HEAD = """# Command reference

Made from the program. `mlip-autopipe COMMAND --help` prints the same. Exit codes: 0 done; 1 more
structures failed than `execution.max_failed_fraction` allows; 2 bad input, one line a fault; 130
interrupted, run the same command again to go on. `mlip-autopipe --debug COMMAND` shows the
traceback of an error; `mlip-autopipe --install-completion` lets the shell complete.
"""


def reference() -> str:
    """Return the whole page, as Markdown."""
    commands: dict[str, Any] = typer.main.get_command(app).commands
    return "\n".join([HEAD, *(section(name, command) for name, command in commands.items())])


def section(name: str, command: Any) -> str:  # noqa: ANN401 - typer's own classes
    """Describe one command: what it does, how it is called, its options."""
    arguments = [part for part in command.params if part.param_type_name == "argument"]
    options = [part for part in command.params if part.param_type_name == "option"]
    shown = [metavar(part) if part.required else f"[{metavar(part)}]" for part in arguments]
    call = " ".join(["mlip-autopipe", name, *shown, *(["[OPTIONS]"] if options else [])])
    rows = [f"| `{metavar(part)}` | {plain(part.help)}{default(part)} |" for part in arguments]
    rows += [
        f"| `{part.opts[0]}{'' if part.is_flag else ' ' + metavar(part)}` "
        f"| {plain(part.help)}{default(part)} |"
        for part in options
    ]
    table = "\n".join(["| argument or option | what it says |", "|---|---|", *rows])
    return f"## {name}\n\n{plain(command.help)}\n\n```text\n{call}\n```\n\n{table}\n"


def metavar(part: Any) -> str:  # noqa: ANN401 - typer's own classes
    """Return what stands for a value."""
    choices = getattr(part.type, "choices", None)
    text = part.metavar or ("|".join(str(getattr(c, "value", c)) for c in choices or ()) or "N")
    return text.replace("|", "\\|")


def default(part: Any) -> str:  # noqa: ANN401 - typer's own classes
    """Return a default worth telling."""
    value = part.default.value if isinstance(part.default, Enum) else part.default
    return "" if value in (None, False, ()) else f" Default: `{value}`."


def plain(text: str | None) -> str:
    """Write the program's markup as Markdown."""
    words = re.sub(r"\[bold\](.*?)\[/\]", r"`\1`", " ".join((text or "").split()))
    return words.replace("|", "\\|").replace("<", "&lt;")
