"""The same seed gives the same trajectory, whatever was done before and wherever."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ase import Atoms

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.calculators.mixing import MixingCalculator
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.explorers.md_engine import explore

Config = Callable[..., ExplorationConfig]


@pytest.fixture
def structures(copper_gold: Atoms) -> list[Atoms]:
    """Three of the same species and size, so that a calculator could confuse them."""
    made = []
    for k in range(3):
        atoms = copper_gold[:8]
        atoms.set_cell(copper_gold.cell.array * [[0.5], [0.5], [1.0]])
        atoms.rattle(0.05, seed=k)
        atoms.info["structure_id"] = f"alloy-{k:04d}"
        made.append(atoms)
    return made


def explored(
    structures: list[Atoms],
    exploration: ExplorationConfig,
    directory: Path,
    calculator: MixingCalculator | None = None,
) -> dict[str, bytes]:
    trajectories = {}
    for atoms in structures:
        result = explore(atoms, exploration, seed=5, directory=directory, calculator=calculator)
        assert result.path is not None
        trajectories[result.structure_id] = result.path.read_bytes()
    return trajectories


def test_order_and_shared_calculators_change_nothing(
    structures: list[Atoms], config: Config, tmp_path: Path
) -> None:
    moves = {"kind": "swap", "every": 5, "attempts": 2}
    exploration = config(monte_carlo=moves, temperature_K=1500.0)
    alone = explored(structures, exploration, tmp_path / "alone")
    shared = build_calculator(exploration)
    backwards = explored(structures[::-1], exploration, tmp_path / "backwards", shared)
    assert backwards == alone
    assert len(set(alone.values())) == 3


def test_another_seed_or_identifier_gives_another_trajectory(
    structures: list[Atoms], config: Config, tmp_path: Path
) -> None:
    atoms, energies = structures[0], set()
    for seed, name in [(5, "a"), (6, "a"), (5, "b")]:
        atoms.info["structure_id"] = name
        directory = tmp_path / str(seed)
        result = explore(atoms, config(), seed=seed, directory=directory)
        assert result.path is not None
        energies.add(result.path.read_text().split("energy_mlip_eV=")[-1].split()[0])
    assert len(energies) == 3


def test_how_often_is_saved_and_checkpointed_does_not_touch_an_ideal_trajectory(
    structures: list[Atoms], config: Config, tmp_path: Path
) -> None:
    # Checkpoints renew neighbour lists, which changes last bits, not the physics.
    ends = []
    for every in (3, 1000):
        exploration = config(checkpoint_every=every, n_steps=20)
        result = explore(structures[0], exploration, seed=5, directory=tmp_path / str(every))
        assert result.path is not None
        ends.append(float(result.path.read_text().split("energy_mlip_eV=")[-1].split()[0]))
    # Rounding of 1e-15 eV, grown over 20 steps.
    assert ends[0] == pytest.approx(ends[1], abs=1e-11)
