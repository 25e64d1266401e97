"""Faults on purpose: what is noticed, what is done about it, and what is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111
from ase.calculators.emt import EMT

from mlip_autopipec.calculators.mixing import Contributions
from mlip_autopipec.calculators.zbl import ZBLCalculator
from mlip_autopipec.config.exploration import ExplorationConfig, GuardsConfig
from mlip_autopipec.explorers.ensembles import Ensemble, StrainModes
from mlip_autopipec.explorers.faults import TrajectoryFault
from mlip_autopipec.explorers.guards import Guards
from mlip_autopipec.explorers.md_engine import explore
from mlip_autopipec.explorers.result import ExplorationResult
from mlip_autopipec.explorers.surface import Evaluation
from mlip_autopipec.structures.extxyz import read_frames

Config = Callable[..., ExplorationConfig]
BULK = Ensemble("npt", "test", StrainModes(np.eye(3), isotropic=True), 3)
SLAB = Ensemble("nvt", "test", None, 2)


class Failing(EMT):
    """EMT that goes wrong at chosen calls."""

    def __init__(self, calls: tuple[int, ...], spoil: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self.calls, self.spoil, self.n_calls = calls, spoil, 0

    def calculate(self, *args: object, **kwargs: object) -> None:
        super().calculate(*args, **kwargs)
        self.n_calls += 1
        if self.n_calls in self.calls:
            self.results = {name: np.copy(value) for name, value in self.results.items()}
            self.spoil(self.results)


def nan_force(results: dict[str, Any]) -> None:
    results["forces"][2, 1] = np.nan


def nan_energy(results: dict[str, Any]) -> None:
    results["energy"] = np.nan


def huge_force(results: dict[str, Any]) -> None:
    results["forces"][5] = [6e5, 8e5, 0.0]


def exception(_results: dict[str, Any]) -> None:
    message = "out of memory"
    raise RuntimeError(message)


SPOILS = {
    nan_force: "the forces are not finite",
    nan_energy: "the energy is nan",
    huge_force: "the force on Cu (atom 5) is 1e+06 eV/Å; the limit is 100 eV/Å",
    exception: "the calculator raised RuntimeError: out of memory",
}


@pytest.fixture
def nvt(config: Config) -> Config:
    def build(**overrides: object) -> ExplorationConfig:
        return config(**{"ensemble": "nvt", "checkpoint_every": 10, "save_every": 5, **overrides})

    return build


@pytest.fixture
def small(copper_gold: Atoms) -> Atoms:
    atoms = copper_gold[:8]
    atoms.set_cell(copper_gold.cell.array * [[0.5], [0.5], [1.0]])
    return atoms


def frames_of(result: ExplorationResult) -> list[Atoms]:
    assert result.path is not None
    return list(read_frames(result.path))


@pytest.mark.parametrize("spoil", SPOILS)
def test_one_fault_is_recovered_from(
    spoil: Callable[[dict[str, Any]], None], small: Atoms, nvt: Config, tmp_path: Path
) -> None:
    # The first call is step 0: call 18 is step 17, and the last good state is that of step 10.
    calculator = Failing((18,), spoil)
    result = explore(small, nvt(), seed=1, directory=tmp_path, calculator=calculator)
    assert result.status == "ok"
    assert (result.recoveries, result.faults) == (1, (f"at step 17: {SPOILS[spoil]}",))
    assert calculator.n_calls == 18 + 30
    frames = frames_of(result)
    assert [frame.info["step"] for frame in frames] == list(range(0, 41, 5))
    assert {frame.info["quality"] for frame in frames} == {"ok"}
    # From step 10 on, the timestep of 2 fs is halved.
    times = [frame.info["time_fs"] for frame in frames]
    assert times == [0.0, 10.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0]


def test_recoveries_redraw_velocities_then_halve_the_timestep_then_cool(
    small: Atoms, nvt: Config, tmp_path: Path
) -> None:
    # Faults at step 17; then at step 12, which sends it past step 10 to step 0; then at step 4.
    calculator = Failing((18, 20, 24), nan_force)
    result = explore(
        small, nvt(temperature_K=400.0), seed=1, directory=tmp_path, calculator=calculator
    )
    faults = [f"at step {step}: the forces are not finite" for step in (17, 12, 4)]
    assert (result.status, result.recoveries, list(result.faults)) == ("ok", 3, faults)
    frames = frames_of(result)
    assert [frame.info["step"] for frame in frames] == list(range(0, 41, 5))
    # Halved, then cooled by a quarter, then halved again, all from step 0 on.
    np.testing.assert_array_equal([f.info["time_fs"] for f in frames], np.arange(9) * 2.5)
    assert [f.info["temperature_K"] for f in frames] == [400.0] + [300.0] * 8


def test_after_too_many_faults_the_structure_fails_and_its_good_frames_are_kept(
    small: Atoms, nvt: Config, tmp_path: Path
) -> None:
    calculator = Failing(tuple(range(28, 1000)), huge_force)
    result = explore(small, nvt(), seed=1, directory=tmp_path, calculator=calculator)
    assert result.status == "failed"
    assert result.recoveries == 3
    assert len(result.faults) == 4
    assert result.reason == result.faults[-1]
    # At step 27, again right after step 20, again after step 10.
    assert [fault.split(":")[0] for fault in result.faults] == [
        "at step 27",
        "at step 21",
        "at step 11",
        "at step 11",
    ]
    frames = frames_of(result)
    assert result.n_frames == len(frames)
    qualities = {frame.info["step"]: frame.info["quality"] for frame in frames}
    assert qualities == {0: "ok", 5: "pre_failure", 10: "pre_failure"}


def test_no_frame_is_taken_of_a_state_that_is_out_of_bounds(
    small: Atoms, nvt: Config, tmp_path: Path
) -> None:
    # Call 16 is step 15, where a frame is due.
    exploration = nvt(guards={"max_recoveries": 0})
    result = explore(
        small, exploration, seed=1, directory=tmp_path, calculator=Failing((16,), huge_force)
    )
    assert result.status == "failed"
    assert [frame.info["step"] for frame in frames_of(result)] == [0, 5, 10]


def test_a_bad_start_is_a_failure_with_a_reason(small: Atoms, nvt: Config, tmp_path: Path) -> None:
    small.positions[1] = small.positions[0] + [0.3, 0.0, 0.0]
    result = explore(small, nvt(), seed=1, directory=tmp_path)
    assert (result.status, result.path, result.n_frames) == ("failed", None, 0)
    assert result.reason.startswith("at the start: the force on ")
    assert list(tmp_path.iterdir()) == []


def test_a_surface_that_heats_steadily_is_given_up(
    small: Atoms, nvt: Config, tmp_path: Path
) -> None:
    class Heating(EMT):
        """Pushes every atom along its velocity: no conservative force."""

        def calculate(self, atoms: Atoms, *args: object, **kwargs: object) -> None:
            super().calculate(atoms, *args, **kwargs)
            push = 40.0 * atoms.get_velocities()
            self.results = {**self.results, "forces": self.results["forces"] + push}

    exploration = nvt(n_steps=400, guards={"max_temperature_K": 3000.0})
    result = explore(small, exploration, seed=1, directory=tmp_path, calculator=Heating())
    assert result.status == "failed"
    assert all("the kinetic temperature is " in fault for fault in result.faults)
    assert all("; the limit is 3000 K" in fault for fault in result.faults)


def test_a_fault_in_a_move_is_recovered_from(small: Atoms, nvt: Config, tmp_path: Path) -> None:
    # Calls: start, 12 steps with a move after every 4th: call 1 + 12 + 3 is the third move.
    exploration = nvt(monte_carlo={"kind": "swap", "every": 4, "attempts": 1})
    calculator = Failing((16,), exception)
    result = explore(small, exploration, seed=1, directory=tmp_path, calculator=calculator)
    assert result.status == "ok"
    assert result.faults == ("at step 12: the calculator raised RuntimeError: out of memory",)
    assert result.moves.attempted == 10


@pytest.mark.parametrize("spoil", [nan_energy, huge_force])
def test_a_move_out_of_bounds_is_refused(
    spoil: Callable[[dict[str, Any]], None], small: Atoms, nvt: Config, tmp_path: Path
) -> None:
    exploration = nvt(
        temperature_K=50_000.0, monte_carlo={"kind": "swap", "every": 4, "attempts": 1}, n_steps=4
    )
    exploration = exploration.model_copy(
        update={"guards": GuardsConfig(max_temperature_K=1e9, max_force_eV_A=1e4)}
    )
    refused = explore(
        small, exploration, seed=1, directory=tmp_path, calculator=Failing((6,), spoil)
    )
    assert (refused.status, refused.recoveries) == ("ok", 0)
    assert (refused.moves.attempted, refused.moves.accepted) == (1, 0)


def evaluation(atoms: Atoms, energy_zbl_eV: float = 0.0) -> Evaluation:
    forces = np.zeros((len(atoms), 3))
    return Evaluation(0.0, forces, None, Contributions(0.0, forces, None, energy_zbl_eV))


@pytest.mark.parametrize("zbl", [None, ZBLCalculator()], ids=["without ZBL", "with ZBL"])
def test_a_pair_at_its_limit_is_noticed_at_once(zbl: ZBLCalculator | None) -> None:
    atoms = bulk("Cu", cubic=True) * (2, 2, 2)
    guards = Guards(atoms, GuardsConfig(), ensemble=BULK, zbl=zbl)
    limit_A = 0.4 * 2 * 1.32
    for distance_A in (limit_A + 1e-3, limit_A - 1e-3):
        atoms.positions[1] = atoms.positions[0] + [distance_A, 0.0, 0.0]
        energy_eV = 0.0 if zbl is None else zbl.sums(atoms).energy_eV
        state = evaluation(atoms, energy_eV)
        if distance_A > limit_A:
            guards.check(atoms, state, 10)
            continue
        message = r"Cu \(atom 0\) is 1.055 Å from Cu \(atom 1\); the limit is 1.056 Å"
        with pytest.raises(TrajectoryFault, match=message):
            guards.check(atoms, state, 10)


@pytest.mark.parametrize("zbl", [None, ZBLCalculator()], ids=["without ZBL", "with ZBL"])
def test_a_pair_has_the_limit_that_its_scan_found(zbl: ZBLCalculator | None) -> None:
    """Copper's own limit is larger than 0.4 of its radii (1.056 Å); that of Cu-Au is smaller."""
    atoms = bulk("Cu", cubic=True) * (2, 2, 2)
    atoms.symbols[1] = "Au"
    config = GuardsConfig(min_distances_A={"Cu-Cu": 1.3, "Au-Cu": 0.2})
    guards = Guards(atoms, config, ensemble=BULK, zbl=zbl)
    for other, limit_A in ((1, 0.4 * (1.32 + 1.36)), (2, 1.3)):
        close = atoms.copy()
        for distance_A in (limit_A + 1e-3, limit_A - 1e-3):
            close.positions[other] = close.positions[0] + [distance_A, 0.0, 0.0]
            state = evaluation(close, 0.0 if zbl is None else zbl.sums(close).energy_eV)
            if distance_A > limit_A:
                guards.check(close, state, 10)
                continue
            with pytest.raises(TrajectoryFault, match=rf"the limit is {limit_A:.3f} Å$"):
                guards.check(close, state, 10)


def test_distances_are_searched_only_where_zbl_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = []
    monkeypatch.setattr(
        "mlip_autopipec.explorers.guards.PairLimits.fault",
        lambda *_args: searches.append(1),
    )
    atoms = bulk("Cu", cubic=True) * (2, 2, 2)
    guards = Guards(atoms, GuardsConfig(), ensemble=BULK, zbl=ZBLCalculator())
    for step in range(30):
        guards.check(atoms, evaluation(atoms, 20.0), step)
    assert searches == []
    blind = Guards(atoms, GuardsConfig(), ensemble=BULK, zbl=None)
    for step in range(30):
        blind.check(atoms, evaluation(atoms), step)
    assert len(searches) == 3


@pytest.mark.parametrize("factor", [0.79, 1.27])
def test_the_volume_is_bounded_both_ways(factor: float) -> None:
    atoms = bulk("Cu", cubic=True) * (2, 2, 2)
    guards = Guards(atoms, GuardsConfig(), ensemble=BULK, zbl=None)
    atoms.set_cell(atoms.cell * factor, scale_atoms=True)
    message = f"the volume is {factor**3:.3g} of the starting one; the limits are 0.5 and 2"
    with pytest.raises(TrajectoryFault, match=message):
        guards.check(atoms, evaluation(atoms), 1)


def test_an_atom_that_leaves_a_slab_is_noticed() -> None:
    atoms = fcc111("Cu", (3, 3, 3), vacuum=12.0, periodic=True)
    guards = Guards(atoms, GuardsConfig(), ensemble=SLAB, zbl=None)
    guards.check(atoms, evaluation(atoms), 100)
    atoms.positions[-1, 2] += 6.5
    message = r"Cu \(atom 26\) evaporated: over 6 Å from the rest"
    with pytest.raises(TrajectoryFault, match=message):
        guards.check(atoms, evaluation(atoms), 100)


def test_pieces_that_were_apart_from_the_start_are_no_fault() -> None:
    atoms = fcc111("Cu", (2, 2, 2), vacuum=8.0) + Atoms("H2", [[0, 0, 20.0], [0, 0, 20.7]])
    guards = Guards(atoms, GuardsConfig(), ensemble=SLAB, zbl=None)
    guards.check(atoms, evaluation(atoms), 100)
