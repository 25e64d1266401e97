"""Latent features of real models."""

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from scipy.spatial.transform import Rotation

from mlip_autopipec.calculators import mace, sevennet
from mlip_autopipec.config.calculator import CalculatorConfig, EMTConfig, MACEConfig, SevenNetConfig
from mlip_autopipec.config.sampling import MLIPDescriptorConfig
from mlip_autopipec.descriptors.base import BaseDescriptor
from mlip_autopipec.descriptors.factory import build_descriptor
from mlip_autopipec.errors import SamplingError

DATA = Path(__file__).parents[1] / "data"


def descriptor(calculator: CalculatorConfig, elements: list[str]) -> BaseDescriptor:
    return build_descriptor(MLIPDescriptorConfig(), elements, calculator=calculator)


@pytest.fixture(scope="module")
def sevennet_descriptor() -> BaseDescriptor:
    return descriptor(SevenNetConfig(), ["Cu", "Au", "O", "H"])


@pytest.fixture(scope="module")
def mace_config(tmp_path_factory: pytest.TempPathFactory) -> MACEConfig:
    path = tmp_path_factory.mktemp("mace") / "tiny.model"
    runpy.run_path(str(DATA / "tiny_mace.py"))["save_tiny_mace"](path)
    return MACEConfig(model=str(path))


def rattled_alloy(seed: int = 1) -> Atoms:
    atoms = bulk("Cu", "fcc", a=3.8, cubic=True)
    atoms.symbols[0] = "Au"
    atoms.rattle(0.1, seed=seed)
    return atoms


def turned(atoms: Atoms) -> Atoms:
    """Return an equal structure: rotated, moved, its atoms in another order and other images."""
    matrix = Rotation.from_rotvec([0.3, -1.1, 0.7]).as_matrix()
    other = atoms[::-1]
    other.positions[0] += other.cell[1]
    other.positions += [1.0, 2.0, 3.0]
    other.positions = other.positions @ matrix.T
    other.set_cell(other.cell.array @ matrix.T)
    return other


def check_invariance(features: BaseDescriptor, relative: float) -> None:
    first, second, another = features.describe(
        [rattled_alloy(), turned(rattled_alloy()), rattled_alloy(seed=2)]
    ).astype(float)
    scale = np.linalg.norm(first)
    assert np.linalg.norm(first - second) < relative * scale
    assert np.linalg.norm(first - another) > 100 * relative * scale


@pytest.mark.model
def test_sevennet_features_are_invariant(sevennet_descriptor: BaseDescriptor) -> None:
    assert sevennet_descriptor.n_atom_features == 128  # 128x0e of its last interaction
    check_invariance(sevennet_descriptor, 1e-4)  # the model runs in single precision


@pytest.mark.model
def test_sevennet_reads_its_energy_from_them(sevennet_descriptor: BaseDescriptor) -> None:
    """The readout of the features gives the atoms' energies, up to scale and shift by species."""
    calculator = sevennet.build(SevenNetConfig())
    frame = molecule("H2O", vacuum=6.0)
    frame.calc = calculator
    frame.get_potential_energy()
    captured = {}

    def keep(_: object, arguments: tuple[dict[str, Any], ...]) -> None:
        captured["x"] = arguments[0]["x"].detach().numpy().copy()

    readout = calculator.model.get_submodule("reduce_input_to_hidden")
    with readout.register_forward_pre_hook(keep):
        calculator.calculate(frame)
    # Without gradients the same sums are made, in single precision.
    assert np.allclose(sevennet_descriptor.describe_atoms(frame), captured["x"], atol=1e-5)


@pytest.mark.model
def test_mace_features_are_those_that_mace_gives(mace_config: MACEConfig) -> None:
    features = descriptor(mace_config, ["Cu", "Au"])
    frame = rattled_alloy()
    expected = mace.build(mace_config).get_descriptors(frame, invariants_only=True)
    assert features.n_atom_features == expected.shape[1] == 8  # two interactions of 4 channels
    assert np.allclose(features.describe_atoms(frame), expected, rtol=1e-6)  # float32 rows
    check_invariance(features, 1e-6)


def test_calculators_without_features_are_refused() -> None:
    with pytest.raises(SamplingError) as error:
        descriptor(EMTConfig(), ["Cu"])
    assert str(error.value) == (
        "sampling.descriptor: kind mlip needs the latent features of a SevenNet or MACE model, "
        "and exploration.calculator is emt; use kind: soap"
    )
    with pytest.raises(SamplingError, match="needs the run's calculator"):
        build_descriptor(MLIPDescriptorConfig(), ["Cu"])
