"""The scan finds holes and dips where they are, and what it proposes mends them."""

import json

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.data import covalent_radii
from numpy.testing import assert_allclose

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.calculators.mixing import MixingCalculator
from mlip_autopipec.calculators.pair_scan import PairScan, scan_pairs
from mlip_autopipec.calculators.zbl import ZBLCalculator
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.errors import CalculatorError

RADII_SUM_A = 2 * covalent_radii[29]


class Holed(Calculator):
    """A Morse bond at 2.2 Å with a Gaussian hole in its wall."""

    implemented_properties = ("energy", "forces")

    def __init__(self, *, depth_eV: float, position_A: float, width_A: float = 0.12) -> None:
        super().__init__()
        self.hole = (depth_eV, position_A, width_A)
        self.n_calls = 0

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        super().calculate(atoms, properties, system_changes)
        self.n_calls += 1
        vector = self.atoms.positions[1] - self.atoms.positions[0]
        r = float(np.linalg.norm(vector))
        depth, position, width = self.hole
        x = np.exp(-1.5 * (r - 2.2))
        gauss = depth * np.exp(-0.5 * ((r - position) / width) ** 2)
        slope = 2.0 * 2.0 * (1.0 - x) * 1.5 * x + gauss * (r - position) / width**2
        force = -slope * vector / r
        self.results = {
            "energy": 2.0 * (1.0 - x) ** 2 - 2.0 - gauss,
            "forces": np.array([-force, force]),
        }


def scan(model: Calculator, **zbl: object) -> PairScan:
    """Scan Cu-Cu with a model that takes no floor."""
    config = ExplorationConfig.model_validate({"calculator": {"kind": "emt"}, "zbl": zbl})
    repulsion = ZBLCalculator() if config.zbl.enabled else None
    return scan_pairs(MixingCalculator(model, repulsion), config, ["Cu"])


def test_a_sound_wall_is_followed_to_the_end() -> None:
    model = Holed(depth_eV=0.0, position_A=0.5)
    result = scan(model)
    (curve,) = result.curves
    assert curve.fault is None
    assert curve.pair == "Cu-Cu"
    assert curve.limit_A == pytest.approx(0.1 * RADII_SUM_A)
    assert curve.rest_distance_A == pytest.approx(2.2, abs=0.2)  # of the grid
    assert curve.barrier_eV == pytest.approx(
        curve.energies_eV[0] - min(curve.energies_eV), rel=1e-12
    )
    assert model.n_calls == len(curve.distances_A) < 40
    assert_allclose(
        np.add(curve.energies_mlip_eV, curve.energies_zbl_eV), curve.energies_eV, rtol=1e-12
    )


def test_a_deep_hole_sets_the_limit_just_outside_it() -> None:
    (curve,) = scan(Holed(depth_eV=5000.0, position_A=0.5)).curves
    assert curve.fault is None
    assert curve.barrier_eV > 100.0
    # the hole outweighs the wall from about 0.85 Å inward
    assert 0.75 < curve.limit_A < 0.95


def test_a_hole_too_far_out_is_a_fault_with_its_place_and_height() -> None:
    result = scan(Holed(depth_eV=5000.0, position_A=0.9))
    (curve,) = result.curves
    assert curve.fault == (
        f"exploration.zbl.pairs: Cu-Cu repels without a dip only down to {curve.limit_A:.2f} Å, "
        f"{curve.barrier_eV:.0f} eV above the dimer at rest; 100 eV is needed"
    )
    assert 1.1 < curve.limit_A < 1.4
    config = ExplorationConfig.model_validate({"calculator": {"kind": "emt"}})
    with pytest.raises(CalculatorError) as caught:
        result.applied_to(config)
    assert str(caught.value) == curve.fault


def test_the_reach_of_zbl_is_widened_where_that_is_enough() -> None:
    shallow = Holed(depth_eV=33.0, position_A=0.95, width_A=0.1)
    before = scan(shallow, min_barrier_eV=0.0).curves[0]
    need = before.barrier_eV + 2.0
    (curve,) = scan(shallow, min_barrier_eV=need).curves
    assert curve.fault is None
    assert curve.radii_A is not None
    assert curve.radii_A[0] > 0.5 * RADII_SUM_A
    assert curve.radii_A[1] <= 0.76 * RADII_SUM_A
    assert curve.barrier_eV >= need
    pairs = {"Cu-Cu": {"inner_A": 0.5 * RADII_SUM_A, "outer_A": 0.7 * RADII_SUM_A}}
    (fixed,) = scan(shallow, min_barrier_eV=need, pairs=pairs).curves
    assert fixed.fault is not None


def test_without_zbl_a_hole_is_a_limit_and_no_fault() -> None:
    (curve,) = scan(Holed(depth_eV=5000.0, position_A=0.9), enabled=False).curves
    assert curve.fault is None
    assert curve.radii_A is None
    assert 1.1 < curve.limit_A < 1.6


def test_energies_that_are_not_finite_end_the_curve() -> None:
    class Overflowing(Holed):
        def calculate(self, *arguments: object, **options: object) -> None:
            super().calculate(*arguments, **options)
            if self.atoms.get_distance(0, 1) < 0.6:
                self.results["energy"] = np.nan

    (curve,) = scan(Overflowing(depth_eV=0.0, position_A=0.5)).curves
    assert 0.6 <= curve.limit_A < 0.6 + 0.03 * RADII_SUM_A
    assert np.isfinite(curve.energies_eV).all()


def test_every_pair_of_the_elements_is_scanned_and_written_into_the_config() -> None:
    pairs = {"W-Ta": {"inner_A": 1.0, "outer_A": 1.5}, "Au-Cu": {"inner_A": 1.2, "outer_A": 1.7}}
    config = ExplorationConfig.model_validate(
        {"calculator": {"kind": "emt"}, "zbl": {"pairs": pairs}}
    )
    result = scan_pairs(build_calculator(config), config, ["Au", "Cu"])
    assert [curve.pair for curve in result.curves] == ["Cu-Cu", "Cu-Au", "Au-Au"]
    assert PairScan.model_validate(json.loads(result.model_dump_json())) == result
    applied = result.applied_to(config)
    assert set(applied.zbl.pairs) == {"W-Ta", "Cu-Cu", "Cu-Au", "Au-Au"}
    assert applied.zbl.pairs["W-Ta"] == config.zbl.pairs["W-Ta"]
    gold = applied.zbl.pairs["Cu-Au"]
    assert (gold.inner_A, gold.outer_A, gold.floor_A) == (1.2, 1.7, None)
    assert applied.guards.min_distances_A == {c.pair: c.limit_A for c in result.curves}
    assert applied.model_copy(update={"zbl": config.zbl, "guards": config.guards}) == config
    assert ExplorationConfig.model_validate(applied.model_dump()) == applied


def test_a_limit_given_by_the_user_is_kept_where_it_is_larger() -> None:
    limits = {"Au-Cu": 1.9, "Au-Au": 0.01, "W-Ta": 1.0}
    config = ExplorationConfig.model_validate(
        {"calculator": {"kind": "emt"}, "guards": {"min_distances_A": limits}}
    )
    result = scan_pairs(build_calculator(config), config, ["Au", "Cu"])
    applied = result.applied_to(config).guards.min_distances_A
    found = {curve.pair: curve.limit_A for curve in result.curves}
    assert applied == {**found, "Cu-Au": 1.9, "W-Ta": 1.0}


@pytest.mark.model
def test_seven_net_gets_floors_that_give_every_pair_a_wall() -> None:
    """Without a floor, H-Cl is lost at 0.63 Å, 19 eV above the molecule."""
    base = {"calculator": {"kind": "sevennet"}}
    bare = ExplorationConfig.model_validate({**base, "zbl": {"floor": False}})
    result = scan_pairs(build_calculator(bare, ["H", "Cl"]), bare, ["H", "Cl"])
    assert [curve.pair for curve in result.curves if curve.fault is not None] == ["H-Cl"]
    config = ExplorationConfig.model_validate(base)
    result = scan_pairs(build_calculator(config, ["H", "Cl"]), config, ["H", "Cl"])
    assert result.faults == ()
    applied = result.applied_to(config)
    surface = build_calculator(applied, ["H", "Cl"])
    curve = result.curves[1]
    assert curve.pair == "H-Cl"
    assert curve.barrier_eV > 100.0
    energies = []
    for distance in curve.distances_A:
        atoms = Atoms("HCl", positions=[[0, 0, 0], [0, 0, distance]], calculator=surface)
        force = atoms.get_forces()[1, 2]
        energies.append(atoms.get_potential_energy())
        if distance < 0.95:
            assert force > 0.0
    # the curve in the scan interpolates the model where the floor acts, on a grid of 0.03 Å
    assert_allclose(np.array(energies) - energies[-1], curve.energies_eV, rtol=0.01, atol=1.0)
