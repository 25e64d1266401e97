"""A report's data, read from real run directories."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting import survey as surveying
from mlip_autopipec.reporting.collection import collect, report_key
from mlip_autopipec.reporting.models import RunReport

N_FRAMES = 9  # of a trajectory: 40 steps, one every 5, and the start


@pytest.fixture(scope="module")
def report(finished: PipelineRunner) -> RunReport:
    return collect(finished)


def test_counts_are_those_of_the_run(finished: PipelineRunner, report: RunReport) -> None:
    summary = finished.summary()
    assert report.is_finished
    assert report.verdict == "Finished: 8 of 36 frames are stored."
    assert (report.n_generated, report.n_frames, report.n_selected) == (4, summary.n_frames, 8)
    assert sum(entry.n_selected for entry in report.structures) == 8
    assert report.n_steps == 160


def test_each_structure_has_its_ensemble_and_its_shape(report: RunReport) -> None:
    rows = [(e.structure_id, e.formula, e.dimensionality, e.ensemble) for e in report.structures]
    assert rows == [
        ("alloy-0000", "Au4Cu4", 3, "npt"),
        ("alloy-0001", "Au4Cu4", 3, "npt"),
        ("slab-0000", "Cu12", 2, "nvt"),
        ("cluster-0000", "Cu13", 0, "nvt"),
    ]
    assert all(entry.ensemble_reason for entry in report.structures)


def test_courses_are_those_of_the_frames(finished: PipelineRunner, report: RunReport) -> None:
    frames = read(finished.run_dir / "trajectories" / "alloy-0001.xyz", ":")
    course = report.courses[1]
    energies = [frame.info["energy_mlip_eV"] / len(frame) for frame in frames]
    assert course.energy_eV_atom == pytest.approx(energies, abs=1e-6)  # six decimals
    assert course.steps == tuple(frame.info["step"] for frame in frames)
    assert course.thermostat_K[0] == 300.0


def test_swaps_add_up_over_structures(report: RunReport) -> None:
    (swap,) = report.swaps
    assert swap.pair == "Au-Cu"
    assert swap.attempted == sum(entry.attempted for entry in report.structures) == 16
    assert swap.accepted == sum(entry.accepted for entry in report.structures)


def test_the_selection_has_its_evidence(report: RunReport) -> None:
    selection = report.selection
    assert selection is not None
    assert (selection.n_candidates, selection.n_selected) == (36, 8)
    assert selection.coverage is not None
    assert selection.random is not None
    assert selection.coverage.sizes[-1] == 8
    assert selection.map is not None
    assert len(selection.map.coordinates) == len(selection.map.generators) == 36
    assert len(selection.map.selected) == 8


def test_where_environments_are_compared_it_is_they_that_are_covered(
    finished: PipelineRunner, report: RunReport, tmp_path: Path
) -> None:
    assert report.selection is not None
    assert report.selection.compared == "frames"
    run_dir = Path(shutil.copytree(finished.run_dir, tmp_path / "run"))
    path = run_dir / "sampling.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    curve = {"sizes": [1, 8], "largest": [3.0, 2.0], "mean": [1.0, 0.5]}
    content["evidence"]["environments"] = {
        "n_probes": 9,
        "coverage": curve,
        "coverage_random": None,
        "suggested_size": 8,
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    selection = collect(PipelineRunner.open(run_dir)).selection
    assert selection is not None
    assert selection.compared == "environments"
    assert selection.coverage is not None
    assert selection.coverage.mean == (1.0, 0.5)
    assert selection.random is None
    assert selection.suggested_size == 8


def test_the_map_knows_where_its_frames_come_from(report: RunReport) -> None:
    assert report.selection is not None
    space = report.selection.map
    assert space is not None
    generators = ["alloy"] * 2 * N_FRAMES + ["slab"] * N_FRAMES + ["cluster"] * N_FRAMES
    assert list(space.generators) == generators
    ramp = np.linspace(300, 900, N_FRAMES)
    assert space.temperatures_K == pytest.approx(np.tile(ramp, 4).tolist(), abs=1e-6)


def test_shares_sum_to_one(report: RunReport) -> None:
    names = [histogram.quantity for histogram in report.histograms]
    assert names == ["kinetic temperature", "volume of bulk", "largest force"]
    for histogram in report.histograms:
        assert sum(histogram.all_frames) == pytest.approx(1.0, abs=1e-4)  # six decimals a bin
        assert sum(histogram.selected) == pytest.approx(1.0, abs=1e-4)
    assert report.composition is not None
    assert dict(zip(report.composition.names, report.composition.all_frames, strict=True)) == {
        "AuCu": 0.5,
        "Cu": 0.5,
    }


def test_the_card_names_what_made_the_labels(report: RunReport) -> None:
    rows = dict(report.card.rows)
    assert rows["elements"] == "Au, Cu"
    assert rows["licence of the weights"] == "none needed: a closed form, without weights"
    assert report.card.elements == ("Au", "Cu")
    assert report.card.model is not None
    assert report.card.model["kind"] == "emt"
    assert report.card.labels.endswith("they are not DFT results")
    assert "ase" in report.card.versions


def test_data_survives_json(report: RunReport) -> None:
    assert RunReport.model_validate_json(report.model_dump_json()) == report


def test_the_first_frames_are_more_ordered_than_the_last(report: RunReport) -> None:
    by_group = {one.group: one for one in report.radial}
    assert {name: one.kind for name, one in by_group.items()} == {
        "alloy": "g",
        "slab": "neighbours",
        "cluster": "neighbours",
    }
    cluster = by_group["cluster"]  # it begins as a perfect icosahedron
    assert max(cluster.first.total) > max(cluster.last.total)


def test_long_trajectories_are_thinned_evenly(
    finished: PipelineRunner, report: RunReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(surveying, "MAX_POINTS", 3)
    thinned = collect(finished)
    course = thinned.courses[0]
    assert (course.every, course.steps) == (3, (0, 15, 30))
    assert course.energy_eV_atom == report.courses[0].energy_eV_atom[::3]
    assert thinned.composition == report.composition
    assert thinned.n_frames == report.n_frames
    assert thinned.selection is not None
    assert thinned.selection.map is not None
    assert report.selection is not None
    assert report.selection.map is not None
    # the ramp is linear, so what lies between listed frames is known all the same
    assert thinned.selection.map.temperatures_K[:7] == pytest.approx(
        report.selection.map.temperatures_K[:7], abs=1e-6
    )


def test_failed_structures_have_reason_and_log(failing: PipelineRunner) -> None:
    report = collect(failing)
    assert report.verdict == "Finished: 8 of 18 frames are stored; 2 of 4 structures failed."
    failed = {e.structure_id: e for e in report.structures if e.status == "failed"}
    assert list(failed) == ["alloy-0001", "cluster-0000"]
    entry = failed["alloy-0001"]
    assert "the limit is 3000 K" in entry.reason
    assert entry.log_tail[-1] == "last </pre><script>"
    assert len(entry.log_tail) == 15
    assert failed["cluster-0000"].log_tail == ()


def test_a_lost_process_left_only_its_reason(failing: PipelineRunner, tmp_path: Path) -> None:
    run_dir = Path(shutil.copytree(failing.run_dir, tmp_path / "run"))
    (run_dir / "records" / "explore" / "alloy-0001.json").unlink()
    entry = collect(PipelineRunner.open(run_dir)).structures[1]
    assert entry.status == "failed"
    assert "the limit is 3000 K" in entry.reason


def test_an_unfinished_run_is_told_as_far_as_it_has_come(
    finished: PipelineRunner, tmp_path: Path
) -> None:
    runner = PipelineRunner(finished.config, tmp_path / "run")
    runner.prepare()
    nothing = collect(runner)
    assert nothing.verdict == "Nothing has been generated yet."
    assert nothing.selection is None
    runner.generate()
    runner.scan_pairs()
    runner.explore_structure("alloy-0000")
    begun = collect(runner)
    assert begun.verdict == "Unfinished: 1 of 4 structures have been explored."
    assert [entry.status for entry in begun.structures] == ["ok"] + 3 * ["pending"]
    assert begun.selection is None
    assert not begun.is_finished
    assert dict(begun.card.rows)["frames"] == "none stored yet"


def test_a_run_that_kept_no_frame(make_run: Callable[..., PipelineRunner]) -> None:
    runner = make_run(
        exploration={
            "temperature_K": 90_000,
            "guards": {"max_temperature_K": 3000, "max_recoveries": 0},
        }
    )
    report = collect(runner)
    assert report.verdict == "No frame was kept, so there is nothing to select."
    assert (report.courses, report.histograms, report.composition) == ((), (), None)


@pytest.mark.parametrize("damage", ["evidence", "map", "all"])
def test_absent_evidence_costs_its_figures_only(
    finished: PipelineRunner, tmp_path: Path, damage: str
) -> None:
    run_dir = Path(shutil.copytree(finished.run_dir, tmp_path / "run"))
    path = run_dir / "sampling.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    if damage == "evidence":
        content["evidence"] = None
    elif damage == "map":
        content["evidence"]["map"]["coordinates"] = [["a", "b"]]
    path.write_text("{" if damage == "all" else json.dumps(content), encoding="utf-8")
    selection = collect(PipelineRunner.open(run_dir)).selection
    assert (selection is None) == (damage == "all")
    if selection is not None:
        assert selection.map is None
        assert (selection.coverage is None) == (damage == "evidence")


def test_the_key_follows_what_the_run_holds(finished: PipelineRunner) -> None:
    before = report_key(finished)
    assert report_key(PipelineRunner.open(finished.run_dir)) == before
    record = finished.directory.read_record(StageRecord, "store")
    assert record is not None
    changed = record.model_copy(update={"key": "another"})
    finished.directory.write_record(changed, "store")
    assert report_key(finished) != before
    finished.directory.write_record(record, "store")
    assert report_key(finished) == before
