"""The pair scan as a part of a run: done once, told to the exploration, and a reason to refuse."""

import json
from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import CalculatorError, RunDirectoryError
from mlip_autopipec.pipeline.runner import PipelineRunner


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
