"""The Prefect server, and the Dask workers, of the test session."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "orchestration"))
from harness import running_server, running_workers


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
