"""The pair scan as a part of a run: done once, told to the exploration, and a reason to refuse."""

import json
from pathlib import Path

import pytest

from mlip_autopipec.calculators.pair_scan import PairScan, scan_pairs
from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import CalculatorError, RunDirectoryError
from mlip_autopipec.pipeline import scan
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.structures.checks import PairLimits
from mlip_autopipec.structures.extxyz import read_frames


def _runner(folder: Path, **zbl: object) -> PipelineRunner:
    generator = {
        "kind": "alloy",
        "lattice": "fcc",
        "composition": {"Cu": 0.5, "Au": 0.5},
        "supercell": [2, 1, 1],
    }
    config = PipelineConfig.model_validate(
        {
            "name": "scan",
            "generation": [generator],
            "exploration": {"calculator": {"kind": "emt"}, "n_steps": 2, "zbl": zbl},
            "sampling": {"kind": "random", "n_samples": 1},
        }
    )
    runner = PipelineRunner(config, folder)
    runner.prepare()
    runner.generate()
    return runner


def test_every_pair_is_scanned_once_and_its_limit_is_kept(tmp_path: Path) -> None:
    runner = _runner(tmp_path)
    first = runner.scan_pairs()
    curves = json.loads(runner.directory.pair_scan.read_text(encoding="utf-8"))["curves"]
    assert [curve["pair"] for curve in curves] == ["Cu-Cu", "Cu-Au", "Au-Au"]
    assert first.summary["limits_A"] == {c["pair"]: round(c["limit_A"], 4) for c in curves}
    assert all(0.1 < curve["limit_A"] < curve["radii_A"][0] for curve in curves)
    written = runner.directory.pair_scan.stat().st_mtime_ns
    assert runner.scan_pairs() == first
    assert runner.directory.pair_scan.stat().st_mtime_ns == written


def test_exploration_waits_for_the_scan(tmp_path: Path) -> None:
    runner = _runner(tmp_path)
    with pytest.raises(RunDirectoryError, match="pairs of elements have not been scanned yet"):
        runner.explore_structure("alloy-0000")


def test_other_radii_are_another_scan_and_another_trajectory(tmp_path: Path) -> None:
    keys = []
    for radii in ({}, {"inner_A": 1.0, "outer_A": 1.5}):
        runner = _runner(tmp_path, **radii)
        runner.scan_pairs()
        keys.append((runner.scan_key(), runner.explore_key("alloy-0000")))
    assert len(set(keys[0] + keys[1])) == 4


def test_wall_that_is_too_low_is_refused_with_its_height(tmp_path: Path) -> None:
    runner = _runner(tmp_path, min_barrier_eV=1e7)
    record = runner.scan_pairs()
    assert len(record.summary["faults"]) == 3
    with pytest.raises(CalculatorError, match=r"Cu-Au repels without a dip only down to 0\.\d+ Å"):
        runner.explore_structure("alloy-0000")


def _close_pairs(folder: Path, **exploration: object) -> PipelineRunner:
    """A run of pushed pairs, prepared and no more."""
    generator = {
        "kind": "alloy",
        "lattice": "fcc",
        "composition": {"Cu": 0.5, "Au": 0.5},
        "supercell": [2, 2, 1],
        "n_structures": 12,
        "min_distance_scale": 0.5,
        "transforms": [{"kind": "close_pair", "min_scale": 0.5}],
    }
    settings = {"calculator": {"kind": "emt"}, "n_steps": 2, **exploration}
    config = PipelineConfig.model_validate(
        {
            "name": "close",
            "generation": [generator],
            "exploration": settings,
            "sampling": {"kind": "random", "n_samples": 1},
        }
    )
    runner = PipelineRunner(config, folder)
    runner.prepare()
    return runner


def _faults(runner: PipelineRunner, limits: PairLimits) -> list[str]:
    frames = read_frames(runner.directory.initial_structures)
    return [fault for atoms in frames if (fault := limits.fault(atoms)) is not None]


def test_close_pairs_are_drawn_above_the_limits_of_the_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits_A = {"Cu-Cu": 1.9, "Cu-Au": 1.8, "Au-Au": 2.0}  # half the radii are 1.3 to 1.4 Å

    def distrusting(*arguments: object) -> PairScan:
        """EMT's walls are sound; take them for sound down to these distances alone."""
        found = scan_pairs(*arguments)  # type: ignore[arg-type]
        curves = [
            curve.model_copy(update={"limit_A": limits_A[curve.pair]}) for curve in found.curves
        ]
        return found.model_copy(update={"curves": tuple(curves)})

    unbounded = _close_pairs(tmp_path / "unbounded")
    unbounded.generate()
    assert len(_faults(unbounded, PairLimits(0.5, limits_A))) > 3
    monkeypatch.setattr(scan, "scan_pairs", distrusting)
    bounded = _close_pairs(tmp_path / "bounded")
    bounded.generate()
    assert _faults(bounded, PairLimits(0.5, limits_A)) == []
    written = bounded.directory.pair_scan.stat().st_mtime_ns
    bounded.scan_pairs()  # before the exploration, as in every run
    assert bounded.directory.pair_scan.stat().st_mtime_ns == written
    records = [bounded.explore_structure(name) for name in bounded.structure_ids()]
    assert [record.reason for record in records if "the limit is" in record.reason] == []


def test_close_pairs_are_drawn_above_the_limits_of_the_guards(tmp_path: Path) -> None:
    guards = {"min_distances_A": {"Au-Cu": 2.0}, "min_distance_scale": 0.55}
    runner = _close_pairs(tmp_path, guards=guards)
    runner.generate()
    assert _faults(runner, PairLimits(0.55, {"Cu-Au": 2.0})) == []
    assert _faults(runner, PairLimits(0.65, {"Cu-Au": 2.2})) != []


def test_other_limits_are_other_structures_where_pairs_are_pushed_alone(tmp_path: Path) -> None:
    guards = [{}, {"min_distance_scale": 0.45}, {"max_force_eV_A": 50.0}]
    pushed = [_close_pairs(tmp_path / str(k), guards=each) for k, each in enumerate(guards)]
    keys = [runner.generate_key() for runner in pushed]
    assert keys[0] == keys[2] != keys[1]
    plain = [
        PipelineRunner(_without_transforms(runner.config), runner.run_dir) for runner in pushed
    ]
    assert len({runner.generate_key() for runner in plain}) == 1


def _without_transforms(config: PipelineConfig) -> PipelineConfig:
    (section,) = config.generation
    return config.model_copy(
        update={"generation": (section.model_copy(update={"transforms": ()}),)}
    )
