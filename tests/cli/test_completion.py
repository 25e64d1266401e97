"""Shell completion: what a shell asks the program for, and what it need not load to answer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlip_autopipec.cli.init import Kind

PROGRAM = Path(sys.executable).with_name("mlip-autopipe")
SHELLS = ("bash", "zsh", "fish")
HEAVY = {"torch", "prefect", "dask", "distributed", "ase", "numpy", "streamlit"}


def _asked(shell: str, line: str) -> subprocess.CompletedProcess[str]:
    """Ask as the shell's script does; imports are listed on standard error."""
    if shell == "bash":
        words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    else:
        words = {"_TYPER_COMPLETE_ARGS": line, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    asking = {"_MLIP_AUTOPIPE_COMPLETE": f"complete_{shell}"}
    return subprocess.run(
        [sys.executable, "-X", "importtime", PROGRAM],
        env=os.environ | words | asking,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("mlip-autopipe init ", [kind.value for kind in Kind]),
        ("mlip-autopipe init s", ["slab"]),
        ("mlip-autopipe ", ["init", "validate", "run", "status", "report", "export", "ui"]),
        ("mlip-autopipe st", ["status"]),
        ("mlip-autopipe server s", ["start", "status", "stop"]),
        ("mlip-autopipe run --f", ["--fresh"]),
    ],
)
def test_commands_kinds_and_options_are_offered(shell: str, line: str, offered: list[str]) -> None:
    answer = _asked(shell, line)
    words = set(answer.stdout.replace('"', " ").replace("\t", " ").split())
    words |= {word.partition(":")[0] for word in words}
    assert set(offered) <= words
    begun = line.rpartition(" ")[2]
    others = {kind.value for kind in Kind} if line.split()[1:2] == ["init"] else set()
    assert not {other for other in others & words if not other.startswith(begun)}
    loaded = {
        row.rpartition("|")[2].strip().partition(".")[0] for row in answer.stderr.splitlines()
    }
    assert "mlip_autopipec" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_a_shell_is_shown(shell: str) -> None:
    done = subprocess.run(
        [PROGRAM],
        env=os.environ | {"_MLIP_AUTOPIPE_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "mlip-autopipe" in done.stdout
    assert f"complete_{shell}" in done.stdout
