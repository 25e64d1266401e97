"""Checkpoints of a killed exploration that are torn, altered or deleted."""

import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import write_config
from killing import LONG, Killer

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.orchestration.supervision import ProcessLost, Supervisor
from mlip_autopipec.orchestration.work import explore_here
from mlip_autopipec.pipeline.runner import PipelineRunner

pytestmark = pytest.mark.timeout(600)  # the first test makes the undisturbed run

NAME = "alloy-0000"


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor()
    yield supervisor
    supervisor.close()


def leave(_: list[Path]) -> None:
    """Touch nothing."""


def tear_all(paths: list[Path]) -> None:
    for path in paths:
        path.write_bytes(path.read_bytes()[:-7])


def tear_newest(paths: list[Path]) -> None:
    newest = max(paths, key=lambda path: path.stat().st_mtime_ns)
    newest.write_bytes(newest.read_bytes()[:100])


def alter_all(paths: list[Path]) -> None:
    for path in paths:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))


def delete_all(paths: list[Path]) -> None:
    for path in paths:
        path.unlink()


@pytest.mark.parametrize("damage", [leave, tear_all, tear_newest, alter_all, delete_all])
def test_the_trajectory_is_the_same_to_the_last_bit(
    tmp_path: Path,
    supervisor: Supervisor,
    undisturbed: Path,
    damage: Callable[[list[Path]], None],
) -> None:
    config = PipelineConfig.from_yaml(write_config(tmp_path / "long.yaml", LONG))
    runner = PipelineRunner(config, tmp_path / "run")
    runner.prepare()
    runner.generate()
    runner.scan_pairs()
    with Killer(runner.run_dir, NAME, signal.SIGKILL), pytest.raises(ProcessLost):
        supervisor.call(explore_here, str(runner.run_dir), NAME)
    damage([*runner.run_dir.glob("trajectories/.*/checkpoint-*.bin")])
    record = supervisor.call(explore_here, str(runner.run_dir), NAME)
    assert record.status == "ok"
    trajectory = f"trajectories/{NAME}.xyz"
    assert (runner.run_dir / trajectory).read_bytes() == (undisturbed / trajectory).read_bytes()


def test_two_processes_never_explore_from_one_structure_at_once(tmp_path: Path) -> None:
    config = PipelineConfig.from_yaml(write_config(tmp_path / "emt.yaml"))
    runner = PipelineRunner(config, tmp_path / "run")
    runner.prepare()
    runner.generate()
    runner.scan_pairs()
    records = []

    def explore() -> None:
        supervisor = Supervisor()
        records.append(supervisor.call(explore_here, str(runner.run_dir), NAME))
        supervisor.close()

    threads = [threading.Thread(target=explore) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert records[0] == records[1]  # the second found what the first had made
