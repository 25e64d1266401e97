"""The README: its commands and its Python block, one after the other, on a shortened config."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from markdown_blocks import blocks_of

from mlip_autopipec.config.loader import read_document

ROOT = Path(__file__).parents[2]
BASH = shutil.which("bash") or "/bin/bash"
SHORT = (
    "exploration.calculator={kind: emt}",
    "exploration.n_steps=10",
    "exploration.save_every=5",
    "exploration.monte_carlo.every=5",
    "generation.0.n_structures=2",
    "sampling.n_samples=4",
    "execution.cluster.n_workers=1",
)
"""How the example, and what `init` writes, are shortened: EMT, ten steps, two structures."""

NOT_RUN = {"mlip-autopipe ui": "serves until it is stopped; tests/ui does that"}


def table_commands() -> list[str]:
    """The commands of the README's table, in its order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `(mlip-autopipe [^`]*)` \|", text, flags=re.MULTILINE)


def shortened(path: Path) -> None:
    path.write_text(yaml.safe_dump(read_document(path, SHORT)), encoding="utf-8")


def call(line: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [BASH, "-euo", "pipefail", "-c", line],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The example of the README, shortened, in a folder like the repository's."""
    path = tmp_path / "examples" / "cu-au.yaml"
    path.parent.mkdir()
    path.write_bytes((ROOT / "examples" / "cu-au.yaml").read_bytes())
    shortened(path)
    return path


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_tables_commands_run(tmp_path: Path, environment: dict[str, str]) -> None:
    commands = table_commands()
    assert len(commands) >= 10
    for line in commands:
        if line in NOT_RUN:
            continue
        call(line, tmp_path, environment)
        if line.startswith("mlip-autopipe init"):
            shortened(tmp_path / "my.yaml")
    assert (tmp_path / "runs" / "my-alloy" / "report" / "report.html").is_file()
    assert (tmp_path / "runs" / "my-alloy" / "export" / "train.xyz").is_file()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_first_command_runs(example: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^    pip install uv && uv run (mlip-autopipe .*)$", text, re.MULTILINE)
    assert str(example.relative_to(tmp_path)) in line
    call(line, tmp_path, environment)
    for name in re.findall(r"^  ([\w/.]+\.(?:xyz|json|db))  ", text, flags=re.MULTILINE):
        assert (tmp_path / "runs" / "cu-au" / name).is_file(), name


def test_the_python_block_runs(example: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    """In a process of its own, as a reader's is."""
    assert example.is_file()
    (block,) = [block for block in blocks_of(ROOT, "README.md") if block.language == "python"]
    code = f"{block.text}\nprint(summary.n_selected)"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "4\n"), done.stderr
