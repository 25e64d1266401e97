"""What must hold with a real model: resume to the last bit, and labels of its own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.calculators.mixing import MixingCalculator
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.explorers.checkpoints import CheckpointStore
from mlip_autopipec.explorers.md_engine import explore
from mlip_autopipec.structures.extxyz import read_frames

pytestmark = pytest.mark.model
CONTENT = {
    "calculator": {"kind": "sevennet", "model": "7net-0", "device": "cpu"},
    "n_steps": 8,
    "save_every": 4,
    "checkpoint_every": 3,
    "temperature_K": 2000.0,
    "monte_carlo": {"kind": "swap", "every": 4, "attempts": 1},
}


class Killed(BaseException):
    """Stands for a kill."""


@pytest.fixture(scope="module")
def exploration() -> ExplorationConfig:
    return ExplorationConfig.model_validate(CONTENT)


@pytest.fixture(scope="module")
def calculator(exploration: ExplorationConfig) -> MixingCalculator:
    return build_calculator(exploration)


@pytest.fixture
def small(copper_gold: Atoms) -> Atoms:
    atoms = copper_gold[:8]
    atoms.set_cell(copper_gold.cell.array * [[0.5], [0.5], [1.0]])
    return atoms


def test_a_killed_run_goes_on_to_the_same_last_bit(
    small: Atoms,
    exploration: ExplorationConfig,
    calculator: MixingCalculator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CheckpointStore, "is_due", lambda _self: True)
    calm = explore(small, exploration, seed=3, directory=tmp_path / "calm", calculator=calculator)
    evaluate: Callable[..., None] = calculator.calculate
    calls = 0

    def fuse(*args: object, **kwargs: object) -> None:
        nonlocal calls
        calls += 1
        if calls == 8:
            raise Killed
        evaluate(*args, **kwargs)

    with monkeypatch.context() as context:
        context.setattr(calculator, "calculate", fuse)
        with pytest.raises(Killed):
            explore(small, exploration, seed=3, directory=tmp_path, calculator=calculator)
    resumed = explore(small, exploration, seed=3, directory=tmp_path, calculator=calculator)
    assert calm.path is not None
    assert resumed.path is not None
    assert resumed.path.read_bytes() == calm.path.read_bytes()


def test_labels_are_the_models_own(
    small: Atoms, exploration: ExplorationConfig, calculator: MixingCalculator, tmp_path: Path
) -> None:
    result = explore(small, exploration, seed=4, directory=tmp_path, calculator=calculator)
    assert result.path is not None
    for frame in read_frames(result.path):
        model = frame.copy()
        model.calc = calculator.mlip
        # Single precision: 1e-7 of an energy of 30 eV, and 1e-6 of forces of a few eV/Å.
        assert frame.get_potential_energy() == pytest.approx(model.get_potential_energy(), abs=1e-4)
        np.testing.assert_allclose(frame.get_forces(), model.get_forces(), atol=1e-4)
        np.testing.assert_allclose(frame.get_stress(), model.get_stress(), atol=1e-5)
