"""Folders in which the pages' blocks are run, with a Prefect server of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of commands: this project's programs, and a home of the tests' own."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    home = tmp_path_factory.mktemp("home")
    variables = plain | {
        "PATH": f"{BIN}{os.pathsep}{plain['PATH']}",
        "MLIP_AUTOPIPE_HOME": str(home),
        "COLUMNS": "120",
        "NO_MKDOCS_2_WARNING": "1",
    }
    yield variables
    subprocess.run(
        [BIN / "mlip-autopipe", "server", "stop"], env=variables, check=True, capture_output=True
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like the repository's, as far as the pages know it."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    return tmp_path
