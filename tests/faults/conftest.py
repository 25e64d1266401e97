"""The Prefect server and Dask workers of the test session, and what an undisturbed run gives."""

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ase.db import connect

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "orchestration"))
from harness import running_server, running_workers, write_config
from killing import LONG

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.pipeline.runner import PipelineRunner

STAGE_FILES = ("initial_structures.xyz", "exploration_trajectories.xyz", "sampled_structures.xyz")


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the API; the server is started once a session and shared by all folders."""
    with running_server(tmp_path_factory.getbasetemp() / "mlip-autopipe-home") as api_url:
        yield api_url


@pytest.fixture(scope="session")
def dask_address(prefect_api: str) -> Iterator[str]:
    """Address of a Dask scheduler with two workers."""
    assert prefect_api
    with running_workers() as address:
        yield address


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run directory of the long config, run by the plain loop."""
    folder = tmp_path_factory.mktemp("undisturbed")
    config = PipelineConfig.from_yaml(write_config(folder / "long.yaml", LONG))
    PipelineRunner(config, folder / "run").run()
    return folder / "run"


@pytest.fixture(scope="session")
def same_as_undisturbed(undisturbed: Path) -> Callable[[Path], None]:
    """A check that a run directory holds what an undisturbed run leaves."""

    def check(run_dir: Path) -> None:
        for name in STAGE_FILES:
            assert (run_dir / name).read_bytes() == (undisturbed / name).read_bytes(), name
        assert is_whole(run_dir / "dataset.db")
        assert rows(run_dir / "dataset.db") == rows(undisturbed / "dataset.db")

    return check


def is_whole(database: Path) -> bool:
    """Say whether SQLite finds a database sound, with no journal left beside it."""
    with closing(sqlite3.connect(database)) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
    return verdict == "ok" and not list(database.parent.glob(f"{database.name}-*"))


def rows(database: Path) -> list[tuple[object, ...]]:
    """Return what the rows hold, without the moment at which they were written."""
    with connect(database) as connection:
        return [
            (row.positions.tobytes(), row.energy, row.forces.tobytes(), row.key_value_pairs)
            for row in connection.select()
        ]
