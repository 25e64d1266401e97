"""Tables of MACE's radial weights, for pairs of species where they depend on these."""

import copy
from dataclasses import dataclass

import torch
from mace.modules.blocks import RadialEmbeddingBlock

from mlip_autopipec.calculators.fused.convolution import FusedConvolution
from mlip_autopipec.calculators.fused.coupling import CouplingBasis
from mlip_autopipec.calculators.fused.plan import ConvolutionPlan
from mlip_autopipec.calculators.fused.radial import Weights, tabulate


@dataclass(frozen=True, slots=True, eq=False)
class RadialLayers:
    """What determines MACE's radial features.

    Attributes:
        embedding: The layer.
        atomic_numbers: Of the model's species, ``(n_species,)``.
        r_max_A: Where the features end.
    """

    embedding: RadialEmbeddingBlock
    atomic_numbers: torch.Tensor
    r_max_A: float

    @property
    def by_species(self) -> bool:
        """Whether they depend on the pair of species."""
        return hasattr(self.embedding, "distance_transform")

    def weights(self, network: torch.nn.Module, receiver: int, sender: int) -> Weights:
        """Return the weights of a pair of species as a function of length, in double precision."""
        embedding, network = (copy.deepcopy(layer).double() for layer in (self.embedding, network))
        species = torch.zeros(2, len(self.atomic_numbers), dtype=torch.float64)
        species[0, receiver] = 1
        species[1, sender] = 1

        def function(lengths: torch.Tensor) -> torch.Tensor:
            index = torch.zeros(2, len(lengths), dtype=torch.int64)
            index[0] = 1
            features, cutoff = embedding(lengths.view(-1, 1), species, index, self.atomic_numbers)
            weights: torch.Tensor = network(features)
            return weights if cutoff is None else weights * cutoff

        return function


class SpeciesTables:
    """The convolution of one interaction, with tables for the species that it meets.

    Attributes:
        untabulated: The convolution with given weights.
    """

    def __init__(
        self,
        radial: RadialLayers,
        network: torch.nn.Module,
        plan: ConvolutionPlan,
        couplings: CouplingBasis,
        dtype: torch.dtype,
    ) -> None:
        """Begin without tables.

        Args:
            radial: MACE's radial features.
            network: Gives the weights from them.
            plan: The convolution.
            couplings: All those of the model.
            dtype: What it computes in.
        """
        self.untabulated = FusedConvolution(plan, couplings, dtype)
        self._radial = radial
        self._network = network
        self._plan = plan
        self._couplings = couplings
        self._dtype = dtype
        self._tabulated: dict[tuple[int, ...], FusedConvolution] = {}

    def convolution(self, species: tuple[int, ...]) -> FusedConvolution:
        """Return the convolution with tables for the pairs of some species, receiver first.

        Raises:
            UnsupportedLayerError: The weights are not smooth enough.
        """
        radial = self._radial
        key = species if radial.by_species else ()
        if key not in self._tabulated:
            pairs = [(one, other) for one in key for other in key] or [(0, 0)]
            functions = [radial.weights(self._network, *pair) for pair in pairs]
            table = tabulate(functions, [radial.r_max_A], self._plan.factors, self._dtype)
            self._tabulated[key] = FusedConvolution(self._plan, self._couplings, self._dtype, table)
        return self._tabulated[key]
