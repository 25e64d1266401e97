"""The whole pipeline in one process, on EMT: files, records, resume, and what is done again."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from ase.io import read

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import CalculatorError, RunDirectoryError
from mlip_autopipec.files import sha256_file
from mlip_autopipec.pipeline.records import StageRecord, StructureRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.storage.db_wrapper import AseDBWrapper

BASE = {
    "name": "test",
    "seed": 3,
    "generation": [
        {
            "kind": "alloy",
            "lattice": "fcc",
            "composition": {"Cu": 0.5, "Au": 0.5},
            "supercell": [2, 1, 1],
            "n_structures": 3,
            "transforms": [{"kind": "rattle", "stdev_A": 0.05}],
        }
    ],
    "exploration": {
        "calculator": {"kind": "emt"},
        "n_steps": 20,
        "save_every": 5,
        "monte_carlo": {"kind": "swap", "every": 10, "attempts": 2},
    },
    "sampling": {"kind": "fps", "n_samples": 6, "descriptor": {"kind": "soap", "r_cut_A": 4.0}},
}

INFO_KEYS = {
    "structure_id",
    "generator",
    "step",
    "time_fs",
    "temperature_K",
    "pressure_GPa",
    "ensemble",
    "energy_mlip_eV",
    "energy_zbl_eV",
    "swap_acceptance",
    "seed",
    "quality",
}


def _config(**changes: object) -> PipelineConfig:
    return PipelineConfig.model_validate(BASE | changes)


@pytest.fixture
def finished(tmp_path: Path) -> PipelineRunner:
    runner = PipelineRunner(_config(), tmp_path / "run")
    runner.run()
    return runner


def _hashes(runner: PipelineRunner) -> dict[str, str]:
    files = [path for path in runner.run_dir.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(runner.run_dir)): sha256_file(path)
        for path in files
        if not path.name.startswith(".")
    }


def _times(runner: PipelineRunner) -> dict[str, int]:
    """When each trajectory and stage file was written, in ns."""
    paths = [*runner.directory.trajectories.glob("*.xyz"), *runner.run_dir.glob("*.xyz")]
    paths.append(runner.run_dir / "dataset.db")
    return {path.name: path.stat().st_mtime_ns for path in paths}


def test_leaves_the_four_files_with_consistent_counts(finished: PipelineRunner) -> None:
    summary = finished.summary()
    assert (summary.n_generated, summary.n_explored, summary.n_failed) == (3, 3, 0)
    assert (summary.n_frames, summary.n_selected, summary.n_steps) == (15, 6, 60)
    counts = {
        name: len(read(finished.run_dir / name, ":"))
        for name in (
            "initial_structures.xyz",
            "exploration_trajectories.xyz",
            "sampled_structures.xyz",
        )
    }
    assert list(counts.values()) == [3, 15, 6]
    with AseDBWrapper(finished.run_dir / "dataset.db") as database:
        assert len(list(database.frames())) == 6


def test_every_frame_says_where_it_comes_from(finished: PipelineRunner) -> None:
    frames = read(finished.run_dir / "sampled_structures.xyz", ":")
    for frame in frames:
        assert set(frame.info) >= INFO_KEYS
        assert frame.info["energy_mlip_eV"] == pytest.approx(frame.get_potential_energy(), abs=1e-9)
        assert frame.arrays["forces_mlip"].shape == (8, 3)
    stages = ("generate", "explore", "sample", "store")
    for stage in stages:
        record = finished.directory.read_record(StageRecord, stage)
        assert record is not None
        assert finished.directory.is_intact(record.file)


def test_second_run_changes_no_byte(finished: PipelineRunner) -> None:
    before, times = _hashes(finished), _times(finished)
    PipelineRunner(_config(), finished.run_dir).run()
    assert _hashes(finished) == before
    assert _times(finished) == times


def test_same_seed_gives_the_same_trajectories_elsewhere(
    finished: PipelineRunner, tmp_path: Path
) -> None:
    other = PipelineRunner(_config(), tmp_path / "other")
    other.prepare()
    other.generate()
    other.scan_pairs()
    for name in reversed(other.structure_ids()):
        other.explore_structure(name)
        assert sha256_file(other.directory.trajectories / f"{name}.xyz") == sha256_file(
            finished.directory.trajectories / f"{name}.xyz"
        )


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-20]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"Cu", b"Ag", 1)),
    ],
    ids=["deleted", "torn", "altered"],
)
def test_damaged_trajectory_alone_is_made_again(
    finished: PipelineRunner, damage: Callable[[Path], object]
) -> None:
    before, times = _hashes(finished), _times(finished)
    damage(finished.directory.trajectories / "alloy-0001.xyz")
    PipelineRunner(_config(), finished.run_dir).run()
    unlike = {"records/explore/alloy-0001.json"}  # it holds the time that the exploration took
    assert {k: v for k, v in _hashes(finished).items() if k not in unlike} == {
        k: v for k, v in before.items() if k not in unlike
    }
    assert {name for name, time in _times(finished).items() if time != times[name]} == {
        "alloy-0001.xyz"
    }


def test_change_of_sampling_leaves_the_exploration(finished: PipelineRunner) -> None:
    times = _times(finished)
    PipelineRunner(_config(sampling={"kind": "random", "n_samples": 4}), finished.run_dir).run()
    assert {name for name, time in _times(finished).items() if time != times[name]} == {
        "sampled_structures.xyz",
        "dataset.db",
    }


def test_more_structures_leave_those_that_are_explored(finished: PipelineRunner) -> None:
    times = _times(finished)
    (generator,) = BASE["generation"]
    more = _config(generation=[generator | {"n_structures": 5}])
    summary = PipelineRunner(more, finished.run_dir).run()
    assert summary.n_explored == 5
    new = _times(finished)
    assert {name for name in new if times.get(name) != new[name]} == {
        "alloy-0003.xyz",
        "alloy-0004.xyz",
        "initial_structures.xyz",
        "exploration_trajectories.xyz",
        "sampled_structures.xyz",
        "dataset.db",
    }


def test_failed_structure_is_a_record_and_stops_no_other(tmp_path: Path) -> None:
    guards = {"max_temperature_K": 1.0, "max_recoveries": 0}
    runner = PipelineRunner(
        _config(exploration=BASE["exploration"] | {"guards": guards}), tmp_path / "run"
    )
    runner.prepare()
    runner.generate()
    runner.scan_pairs()
    records = [runner.explore_structure(name) for name in runner.structure_ids()]
    assert [record.status for record in records] == ["failed"] * 3
    assert all("temperature" in record.reason for record in records)
    stage = runner.gather(records)
    assert stage.summary["failures"] == [[r.structure_id, r.reason] for r in records]
    assert runner.summary().n_failed == 3


def test_lost_structure_is_tried_again(finished: PipelineRunner) -> None:
    lost = finished.lost_structure("alloy-0000", "its process was killed")
    assert (lost.status, lost.n_frames) == ("failed", 0)
    kept = finished.directory.read_record(StructureRecord, "explore", "alloy-0000")
    assert kept is not None
    assert kept.status == "ok"


def test_worker_takes_up_the_run_by_its_directory(finished: PipelineRunner) -> None:
    opened = PipelineRunner.open(finished.run_dir)
    assert opened.config == finished.config
    assert opened.explore_key("alloy-0002") == finished.explore_key("alloy-0002")
    with pytest.raises(RunDirectoryError, match="'alloy-0009' is not part of this run"):
        opened.explore_structure("alloy-0009")


def test_second_run_at_once_is_told_who_holds_the_directory(finished: PipelineRunner) -> None:
    with (
        finished.directory.hold(),
        pytest.raises(RunDirectoryError, match=r"in use by process \d+ on"),
    ):
        PipelineRunner(_config(), finished.run_dir).run()


def test_directory_that_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("kept", encoding="utf-8")
    with pytest.raises(RunDirectoryError, match="is a file"):
        PipelineRunner(_config(), path).run()
    with pytest.raises(RunDirectoryError, match="is a file"):
        PipelineRunner(_config(), path / "below").run()
    assert path.read_text(encoding="utf-8") == "kept"
    with pytest.raises(RunDirectoryError, match="holds no run"):
        PipelineRunner.open(tmp_path)


def test_unknown_element_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (generator,) = BASE["generation"]
    config = _config(generation=[generator | {"composition": {"W": 1.0}}])
    with pytest.raises(CalculatorError, match="W"):
        PipelineRunner(config, tmp_path / "run").prepare()
    assert not (tmp_path / "run").exists()


def test_resolved_config_is_kept(finished: PipelineRunner) -> None:
    kept = json.loads((finished.run_dir / "config.json").read_text(encoding="utf-8"))
    assert kept["exploration"]["timestep_fs"] == 2.0
    assert PipelineConfig.model_validate(kept) == finished.config
