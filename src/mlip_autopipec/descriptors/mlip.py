"""The latent features of the very model that drives the exploration.

They are the invariant features from which the model reads an atom's energy: those of SevenNet's
last interaction, and those of all of MACE's interactions, each of which has its own readout.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from ase import Atoms

from mlip_autopipec.calculators import mace, sevennet
from mlip_autopipec.calculators.device import torch_state_kept
from mlip_autopipec.config.calculator import CalculatorConfig, MACEConfig, SevenNetConfig
from mlip_autopipec.descriptors.base import BaseDescriptor
from mlip_autopipec.errors import SamplingError

READOUT = "reduce_input_to_hidden"
"""Name of the layer with which SevenNet begins to read the energy from the features."""

PROBE_A = 2.0  # bond length of the dimer that tells how many features there are


class MLIPDescriptor(BaseDescriptor):
    """Latent features of a SevenNet or MACE model."""

    def __init__(self, calculator: CalculatorConfig, elements: Iterable[str]) -> None:
        """Load the model, which takes seconds: one descriptor should serve many frames.

        Args:
            calculator: The model.
            elements: All elements of the run.

        Raises:
            SamplingError: The calculator has no latent features.
            CalculatorError: The model cannot be loaded.
        """
        super().__init__(elements)
        self._features = _latent_features(calculator)
        probe = Atoms([self.elements[0]] * 2, positions=[[0.0] * 3, [PROBE_A, 0.0, 0.0]])
        self._width: int = self._features(probe).shape[1]

    @property
    def n_atom_features(self) -> int:
        """Number of features of one atom's environment."""
        return self._width

    def _environments(self, frame: Atoms) -> npt.NDArray[np.floating]:
        """Run the model up to its readouts."""
        bare = Atoms(frame.numbers, cell=frame.cell, pbc=frame.pbc, positions=frame.positions)
        return self._features(bare)


class SevenNetFeatures:
    """What SevenNet's last interaction hands to the readout."""

    def __init__(self, config: SevenNetConfig) -> None:
        """Load the model.

        Raises:
            SamplingError: The model has no such layer.
        """
        self._calculator: Any = sevennet.build(config)
        layers = dict(self._calculator.model.named_children())
        if READOUT not in layers:
            message = f"sampling.descriptor: {config.model} has no layer {READOUT}; use kind: soap"
            raise SamplingError(message)
        self._layers = [layers[name] for name in list(layers)[: list(layers).index(READOUT)]]

    def __call__(self, frame: Atoms) -> npt.NDArray[np.floating]:
        """Return the features of all atoms, shape ``(n_atoms, width)``."""
        import sevenn._keys as key  # noqa: PLC0415 - imports torch
        import torch  # noqa: PLC0415 - torch is imported only where a model runs
        from sevenn.atom_graph_data import AtomGraphData  # noqa: PLC0415 - imports torch
        from sevenn.train.dataload import unlabeled_atoms_to_graph  # noqa: PLC0415 - imports torch

        calculator = self._calculator
        graph = unlabeled_atoms_to_graph(frame, calculator.cutoff, with_shift=False)
        data: Any = AtomGraphData.from_numpy_dict(graph)
        if calculator.modal is not None:
            data[key.DATA_MODALITY] = calculator.modal
        data.to(calculator.device)
        with torch_state_kept(), torch.no_grad():
            data = calculator.model._preprocess(data)  # noqa: SLF001 - species to model's numbers
            for layer in self._layers:
                data = layer(data)
        features: npt.NDArray[np.floating] = data[key.NODE_FEATURE].cpu().numpy()
        return features


class MACEFeatures:
    """The invariant features of all of MACE's interactions, side by side."""

    def __init__(self, config: MACEConfig) -> None:
        """Load the model."""
        self._calculator: Any = mace.build(config)
        model = self._calculator.models[0]
        irreps = model.products[0].linear.irreps_out
        self._shape = {
            "num_layers": int(model.num_interactions),
            "num_features": irreps.dim // (irreps.lmax + 1) ** 2,
            "l_max": irreps.lmax,
        }

    def __call__(self, frame: Atoms) -> npt.NDArray[np.floating]:
        """Return the features of all atoms, shape ``(n_atoms, width)``."""
        import torch  # noqa: PLC0415 - torch is imported only where a model runs
        from mace.modules.utils import extract_invariant  # noqa: PLC0415 - imports torch

        with torch_state_kept(), torch.no_grad():
            batch = self._calculator._atoms_to_batch(frame)  # noqa: SLF001 - MACE offers no other way without forces
            output = self._calculator.models[0](batch.to_dict(), compute_force=False)
            invariant = extract_invariant(output["node_feats"], **self._shape)
        features: npt.NDArray[np.floating] = invariant.cpu().numpy()
        return features


def _latent_features(calculator: CalculatorConfig) -> SevenNetFeatures | MACEFeatures:
    """Load the model that a calculator's config names.

    Raises:
        SamplingError: It is not a model with latent features.
    """
    match calculator:
        case SevenNetConfig():
            return SevenNetFeatures(calculator)
        case MACEConfig():
            return MACEFeatures(calculator)
    message = (
        f"sampling.descriptor: kind mlip needs the latent features of a SevenNet or MACE model, "
        f"and exploration.calculator is {calculator.kind}; use kind: soap"
    )
    raise SamplingError(message)
