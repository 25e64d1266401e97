"""Live progress: written at most once a second, read whole, gone at the end."""

from pathlib import Path

import pytest

from mlip_autopipec.explorers.result import Progress
from mlip_autopipec.orchestration import progress as module
from mlip_autopipec.orchestration.progress import ProgressFile, forget_progress, read_progress


def at(step: int) -> Progress:
    return Progress(
        structure_id="alloy-0001", step=step, n_steps=100, temperature_K=300.0, energy_eV=-1.5
    )


class Clock:
    """Stands in for the `time` module."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def monotonic(self) -> float:
        return self.now_s

    def time(self) -> float:
        return 7.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_is_written_at_most_once_a_second(clock: Clock, tmp_path: Path) -> None:
    with ProgressFile(tmp_path, "alloy-0001") as report:
        seen = []
        for step in range(0, 50, 10):
            report(at(step))
            clock.now_s += 0.4
            seen.append(read_progress(tmp_path)[0].step)
    assert seen == [0, 0, 0, 30, 30]


def test_knows_speed_and_time_left(clock: Clock, tmp_path: Path) -> None:
    with ProgressFile(tmp_path, "alloy-0001") as report:
        report(at(20))
        assert read_progress(tmp_path)[0].remaining_s is None
        clock.now_s += 2.0
        report(at(60))
        (progress,) = read_progress(tmp_path)
    assert progress.steps_per_s == 20.0
    assert progress.remaining_s == 2.0
    assert progress.updated_s == 7.0


def test_is_gone_when_the_exploration_ends(clock: Clock, tmp_path: Path) -> None:
    assert clock.now_s
    with ProgressFile(tmp_path, "alloy-0001") as report:
        report(at(0))
    assert read_progress(tmp_path) == []


def test_a_folder_that_cannot_be_written_stops_no_exploration(tmp_path: Path) -> None:
    (tmp_path / "progress").write_text("in the way")
    with ProgressFile(tmp_path, "alloy-0001") as report:
        report(at(0))
    assert read_progress(tmp_path) == []


def test_what_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "progress").mkdir()
    (tmp_path / "progress" / "alloy-0002.json").write_text('{"structure_id": "al')
    assert read_progress(tmp_path) == []


def test_what_killed_processes_left_is_forgotten(tmp_path: Path) -> None:
    report = ProgressFile(tmp_path, "alloy-0001")
    report.__enter__()
    report(at(3))
    assert len(read_progress(tmp_path)) == 1
    forget_progress(tmp_path)
    assert list((tmp_path / "progress").iterdir()) == []
