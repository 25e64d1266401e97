"""What a run directory keeps: shown by kind, and pruned without costing the next run anything."""

from pathlib import Path

import pytest
from harness import write_config

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import RunDirectoryError
from mlip_autopipec.orchestration.inventory import CacheEntry, prune, take_inventory
from mlip_autopipec.pipeline.runner import PipelineRunner

STAGE_FILES = ("exploration_trajectories.xyz", "sampled_structures.xyz", "dataset.db")


def runner_of(folder: Path, changes: dict[str, object] | None = None) -> PipelineRunner:
    path = write_config(folder / "emt.yaml", changes)
    return PipelineRunner(PipelineConfig.from_yaml(path), folder / "run")


def unused(entries: list[CacheEntry]) -> list[str]:
    return sorted(str(Path(*entry.path.parts[-2:])) for entry in entries if not entry.used)


@pytest.fixture
def finished(tmp_path: Path) -> PipelineRunner:
    runner = runner_of(tmp_path)
    runner.run()
    return runner


def test_a_finished_run_keeps_nothing_in_vain(finished: PipelineRunner) -> None:
    entries = take_inventory(PipelineRunner.open(finished.run_dir))
    assert unused(entries) == []
    assert {entry.kind for entry in entries} == {"trajectories", "records", "descriptors"}
    sizes = {entry.path: entry.size_bytes for entry in entries}
    path = finished.directory.trajectories / "alloy-0000.xyz"
    assert sizes[path] == path.stat().st_size


def test_what_fewer_structures_leave_over_is_pruned_and_costs_the_next_run_nothing(
    finished: PipelineRunner, tmp_path: Path
) -> None:
    fewer = runner_of(tmp_path, {"generation.0.n_structures": 2})
    fewer.run()
    expected = [
        "descriptors/alloy-0002.npz",
        "describe/alloy-0002.json",
        "explore/alloy-0002.json",
        "trajectories/alloy-0002.xyz",
    ]
    assert unused(take_inventory(fewer)) == sorted(expected)
    before = {name: (finished.run_dir / name).stat().st_mtime_ns for name in STAGE_FILES}
    assert unused(prune(fewer)) == sorted(expected)
    assert unused(take_inventory(fewer)) == []
    runner_of(tmp_path, {"generation.0.n_structures": 2}).run()
    assert {name: (finished.run_dir / name).stat().st_mtime_ns for name in STAGE_FILES} == before


def test_explorations_of_another_config_are_of_no_use(
    finished: PipelineRunner, tmp_path: Path
) -> None:
    longer = runner_of(tmp_path, {"exploration.n_steps": 30})
    longer.prepare()
    longer.explore_structure("alloy-0001")
    left_over = unused(take_inventory(longer))
    assert [name for name in left_over if name.startswith("trajectories")] == [
        "trajectories/alloy-0000.xyz",
        "trajectories/alloy-0002.xyz",
    ]
    assert finished.run_dir == longer.run_dir


def test_torn_files_and_checkpoints_of_finished_structures_go(finished: PipelineRunner) -> None:
    torn = finished.directory.trajectories / ".alloy-0000.xyz.ab12_x9z"
    torn.write_bytes(b"half a traj")
    working = finished.directory.trajectories / ".alloy-0001.working"
    working.mkdir()
    (working / "checkpoint-a.bin").write_bytes(b"0123456789")
    removed = prune(finished)
    assert {(entry.kind, entry.path.name, entry.size_bytes) for entry in removed} == {
        ("torn files", torn.name, 11),
        ("checkpoints", working.name, 10),
    }
    assert not torn.exists()
    assert not working.exists()


def test_the_checkpoint_of_a_structure_that_is_not_done_stays(tmp_path: Path) -> None:
    runner = runner_of(tmp_path)
    runner.prepare()
    runner.generate()
    runner.scan_pairs()
    working = runner.directory.trajectories / ".alloy-0001.working"
    working.mkdir(parents=True)
    (working / "checkpoint-a.bin").touch()
    assert prune(runner) == []
    assert working.exists()


def test_a_run_that_has_not_begun_to_explore_is_left_alone(tmp_path: Path) -> None:
    runner = runner_of(tmp_path)
    runner.prepare()
    with pytest.raises(RunDirectoryError):
        prune(runner)


def test_nothing_is_pruned_under_a_run(finished: PipelineRunner) -> None:
    with finished.directory.hold(), pytest.raises(RunDirectoryError, match="in use by process"):
        prune(PipelineRunner.open(finished.run_dir))
