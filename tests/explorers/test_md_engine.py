from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms, FixBondLengths

from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.explorers.frames import PROVENANCE_KEYS
from mlip_autopipec.explorers.md_engine import explore
from mlip_autopipec.explorers.result import ExplorationResult, Progress
from mlip_autopipec.structures.extxyz import read_frames

Config = Callable[..., ExplorationConfig]
SWAPS = {"kind": "swap", "every": 5, "attempts": 2}


def test_frames_are_taken_at_the_start_and_at_every_interval(
    copper_gold: Atoms, config: Config, tmp_path: Path
) -> None:
    result = explore(copper_gold, config(), seed=7, directory=tmp_path)
    frames = list(read_frames(tmp_path / "alloy-0003.xyz"))
    assert (result.status, result.reason, result.n_frames, result.n_steps) == ("ok", "", 5, 40)
    assert [frame.info["step"] for frame in frames] == [0, 10, 20, 30, 40]
    assert [frame.info["time_fs"] for frame in frames] == [0.0, 20.0, 40.0, 60.0, 80.0]
    assert result.path == tmp_path / "alloy-0003.xyz"
    assert [path.name for path in tmp_path.iterdir()] == ["alloy-0003.xyz"]
    # The file keeps 8 decimals.
    np.testing.assert_allclose(frames[0].positions, copper_gold.positions, atol=5e-9)


def test_every_frame_says_where_it_comes_from(
    copper_gold: Atoms, config: Config, tmp_path: Path
) -> None:
    ramp = {"start": 300.0, "end": 700.0}
    exploration = config(temperature_K=ramp, pressure_GPa=2.0, monte_carlo=SWAPS)
    explore(copper_gold, exploration, seed=7, directory=tmp_path)
    for frame in read_frames(tmp_path / "alloy-0003.xyz"):
        assert set(PROVENANCE_KEYS) <= set(frame.info)
        assert frame.info["structure_id"] == "alloy-0003"
        assert frame.info["generator"] == "alloy"
        assert frame.info["ensemble"] == "npt"
        assert frame.info["ensemble_reason"].startswith("bulk: ")
        assert frame.info["seed"] == 7
        assert frame.info["quality"] == "ok"
        assert frame.info["pressure_GPa"] == 2.0
        assert frame.info["temperature_K"] == pytest.approx(300.0 + 10.0 * frame.info["step"])


def test_labels_are_the_models_own(copper_gold: Atoms, config: Config, tmp_path: Path) -> None:
    # Radii so large that ZBL acts between neighbours: the mixed surface differs from the model.
    exploration = config(zbl={"inner_A": 1.5, "outer_A": 3.2}, guards={"min_distance_scale": 0.0})
    result = explore(copper_gold, exploration, seed=7, directory=tmp_path)
    assert result.zbl_fraction == 1.0
    for frame in read_frames(tmp_path / "alloy-0003.xyz"):
        model = frame.copy()
        model.calc = EMT()
        assert frame.info["energy_zbl_eV"] > 0.0
        # The file rounds positions to 5e-9 Å; forces of 10 eV/Å on 32 atoms make 2e-6 eV of that.
        assert frame.get_potential_energy() == pytest.approx(model.get_potential_energy(), abs=2e-6)
        assert frame.info["energy_mlip_eV"] == frame.get_potential_energy()
        # Force constants are below 100 eV/Å².
        np.testing.assert_allclose(frame.get_forces(), model.get_forces(), atol=1e-6)
        np.testing.assert_array_equal(frame.arrays["forces_mlip"], frame.get_forces())
        np.testing.assert_allclose(frame.get_stress(), model.get_stress(), atol=1e-7)


def test_the_model_is_called_once_a_step_and_once_a_move(
    copper_gold: Atoms, config: Config, tmp_path: Path
) -> None:
    class Counting(EMT):
        calls = 0

        def calculate(self, *args: object, **kwargs: object) -> None:
            type(self).calls += 1
            super().calculate(*args, **kwargs)

    exploration = config(monte_carlo=SWAPS, checkpoint_every=10)
    explore(copper_gold, exploration, seed=7, directory=tmp_path, calculator=Counting())
    assert Counting.calls == 1 + 40 + 2 * 40 // 5


def test_the_starting_structure_is_left_alone(
    copper_gold: Atoms, config: Config, tmp_path: Path
) -> None:
    before = copper_gold.copy()
    explore(copper_gold, config(monte_carlo=SWAPS), seed=7, directory=tmp_path)
    assert copper_gold == before
    assert copper_gold.calc is None
    assert copper_gold.info == before.info


def test_one_element_has_nothing_to_swap_and_goes_on(config: Config, tmp_path: Path) -> None:
    exploration = config(monte_carlo=SWAPS)
    result = explore(bulk("Cu", cubic=True), exploration, seed=1, directory=tmp_path)
    assert result.status == "ok"
    assert result.moves.attempted == 0
    assert result.warnings == (
        "no swaps: there are no two mobile atoms of elements that may trade places",
    )


def test_progress_is_reported_at_most_once_a_second_and_at_the_end(
    copper_gold: Atoms, config: Config, tmp_path: Path
) -> None:
    reports: list[Progress] = []
    explore(copper_gold, config(), seed=7, directory=tmp_path, on_progress=reports.append)
    assert reports[0].step == 1
    assert (reports[-1].step, reports[-1].n_steps) == (40, 40)
    assert reports[-1].structure_id == "alloy-0003"
    assert reports[-1].temperature_K > 0.0


def test_a_result_is_json_ready(copper_gold: Atoms, config: Config, tmp_path: Path) -> None:
    exploration = config(monte_carlo=SWAPS)
    result = explore(copper_gold, exploration, seed=7, directory=tmp_path)
    assert ExplorationResult.model_validate_json(result.model_dump_json()) == result
    assert result.moves.attempted == 16
    assert result.moves_by_pair == {"Au-Cu": result.moves}


def test_what_no_file_can_hold_is_left_out_and_told_before_the_run(
    copper_gold: Atoms, config: Config, tmp_path: Path
) -> None:
    copper_gold.info["history"] = {"made": object()}
    copper_gold.set_array("names", np.array(["a"] * len(copper_gold)))
    result = explore(copper_gold, config(n_steps=10), seed=7, directory=tmp_path)
    assert result.warnings == tuple(
        f"{name} cannot be stored and is left out" for name in ("history", "names")
    )
    assert result.status == "ok"
    frame = next(read_frames(tmp_path / "alloy-0003.xyz"))
    assert "history" not in frame.info
    assert frame.info["generator"] == "alloy"


def test_fixed_atoms_stay_where_they_are(
    copper_gold: Atoms, config: Config, tmp_path: Path
) -> None:
    copper_gold.set_constraint(FixAtoms([0, 5]))
    result = explore(copper_gold, config(monte_carlo=SWAPS), seed=7, directory=tmp_path)
    assert result.ensemble_reason == "atoms are fixed in space, so the cell is fixed"
    for frame in read_frames(tmp_path / "alloy-0003.xyz"):
        # The file keeps 8 decimals.
        np.testing.assert_allclose(
            frame.positions[[0, 5]], copper_gold.positions[[0, 5]], atol=5e-9
        )


def test_other_constraints_are_refused(copper_gold: Atoms, config: Config, tmp_path: Path) -> None:
    copper_gold.set_constraint(FixBondLengths([[0, 1]]))
    result = explore(copper_gold, config(), seed=7, directory=tmp_path)
    assert (result.status, result.n_frames) == ("failed", 0)
    assert result.reason == (
        "at the start: a FixBondLengths constraint cannot be explored with; FixAtoms can"
    )
