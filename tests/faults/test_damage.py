"""Files of a run directory that are deleted, torn or altered between two runs."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import run, write_config

# The first test starts server and workers
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

OUTPUTS = (
    "initial_structures.xyz",
    "exploration_trajectories.xyz",
    "sampled_structures.xyz",
    "dataset.db",
)


@pytest.fixture(scope="module")
def whole(dask_address: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a config and its finished run directory."""
    folder = tmp_path_factory.mktemp("whole")
    cluster = {"execution.cluster": {"kind": "address", "address": dask_address}}
    run(write_config(folder / "emt.yaml", cluster), folder / "run")
    return folder


def delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def tear(path: Path) -> None:
    for file in [path] if path.is_file() else path.iterdir():
        file.write_bytes(file.read_bytes()[:-20])


def alter(path: Path) -> None:
    for file in [path] if path.is_file() else path.iterdir():
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(bytes(content))


@pytest.mark.parametrize("damage", [delete, tear, alter])
@pytest.mark.parametrize(
    "name",
    [
        "initial_structures.xyz",
        "trajectories/alloy-0001.xyz",
        "exploration_trajectories.xyz",
        "descriptors/alloy-0002.npz",
        "sampled_structures.xyz",
        "dataset.db",
        "records/structures.json",
        "records/generate.json",
        "records/scan.json",
        "records/explore.json",
        "records/explore/alloy-0000.json",
        "records/sample.json",
        "config.json",
        "model.json",
        "flow_run.json",
        ".results",
    ],
)
def test_the_next_run_makes_it_whole_again(
    whole: Path, name: str, damage: Callable[[Path], None]
) -> None:
    run_dir = whole / "run"
    before = {output: (run_dir / output).read_bytes() for output in OUTPUTS}
    damage(run_dir / name)
    outcome = run(whole / "emt.yaml", run_dir)
    assert outcome.kind == "completed"
    for output in OUTPUTS:
        assert (run_dir / output).read_bytes() == before[output], output
