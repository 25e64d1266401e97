"""SevenNet on the fused kernels: the same layers, between the same first and last ones."""

import copy
import dataclasses
from collections import OrderedDict
from typing import Any

import sevenn._keys as KEY  # noqa: N812 - SevenNet's own name for it
import torch
from sevenn.nn.convolution import IrrepsConvolution
from sevenn.nn.edge_embedding import EdgeEmbedding, PolynomialCutoff, XPLORCutoff
from sevenn.nn.equivariant_gate import EquivariantGate
from sevenn.nn.linear import IrrepsLinear
from sevenn.nn.self_connection import (
    SelfConnectionIntro,
    SelfConnectionLinearIntro,
    SelfConnectionOutro,
)
from sevenn.nn.sequential import AtomGraphSequential

from mlip_autopipec.calculators.fused.convolution import FusedConvolution
from mlip_autopipec.calculators.fused.coupling import CouplingBasis
from mlip_autopipec.calculators.fused.floored import innermost, rewrap
from mlip_autopipec.calculators.fused.gate import fuse_gate
from mlip_autopipec.calculators.fused.graph import group_edges
from mlip_autopipec.calculators.fused.linear import FusedLinear, fuse_linear
from mlip_autopipec.calculators.fused.plan import Floats, plan_convolution
from mlip_autopipec.calculators.fused.radial import MIN_LENGTH_A, RadialTable, tabulate
from mlip_autopipec.calculators.fused.report import UnsupportedLayerError
from mlip_autopipec.calculators.fused.species import (
    FusedSpeciesLinear,
    fuse_species_linear,
    group_species,
)

Data = Any  # SevenNet's AtomGraphData: tensors by key
Layers = dict[str, torch.nn.Module]

# What the fused layers hand to one another, beside SevenNet's own keys.
GRAPH = "fused_graph"
COUPLINGS = "fused_couplings"
SPECIES = "fused_species"

# The parts of an interaction in SevenNet's order, by the ends of their names.
PARTS: dict[str, tuple[type, ...]] = {
    "self_connection_intro": (SelfConnectionIntro, SelfConnectionLinearIntro),
    "self_interaction_1": (IrrepsLinear,),
    "convolution": (IrrepsConvolution,),
    "self_interaction_2": (IrrepsLinear,),
    "self_connection_outro": (SelfConnectionOutro,),
    "equivariant_gate": (EquivariantGate,),
}


class FusedEdgeEmbedding(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
    """Lengths and harmonics of the edges, grouped by receiver.

    The radial basis is left to the tables of the interactions, unless an edge is shorter than they
    begin.
    """

    def __init__(self, stock: EdgeEmbedding, couplings: torch.Tensor) -> None:
        """Keep SevenNet's own embedding, and the matrix from harmonics to couplings."""
        super().__init__()
        self.stock = stock
        self.couplings = couplings

    def forward(self, data: Data) -> Data:
        """Set lengths, harmonics, groups, and the radial basis if that is needed."""
        vectors = data[KEY.EDGE_VEC]
        lengths = torch.linalg.norm(vectors, dim=-1)
        data[KEY.EDGE_LENGTH] = lengths
        data[KEY.EDGE_ATTR] = self.stock.spherical(vectors)
        data[COUPLINGS] = data[KEY.EDGE_ATTR] @ self.couplings
        receivers, senders = data[KEY.EDGE_IDX]
        data[GRAPH] = group_edges(receivers, senders, n_nodes=len(data[KEY.ATOMIC_NUMBERS]))
        if bool((lengths.detach() < MIN_LENGTH_A).any()):
            cutoff = self.stock.cutoff_function(lengths).unsqueeze(-1)
            data[KEY.EDGE_EMBEDDING] = self.stock.basis_function(lengths) * cutoff
        return data


class FusedInteraction(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
    """The six parts of one of SevenNet's interactions, on flat features."""

    def __init__(
        self,
        layers: Layers,
        convolutions: tuple[FusedConvolution, FusedConvolution],
        modality: torch.Tensor | None,
        *,
        last: bool,
    ) -> None:
        """Take over the layers of an interaction.

        Args:
            layers: By the ends of their names.
            convolutions: The layer's own, with its weights tabulated and without.
            modality: One-hot vector of the modality, if the model has several.
            last: Whether the features go back into e3nn's layout.

        Raises:
            UnsupportedLayerError: One of them is not known here.
        """
        super().__init__()
        self.connection = _connection(layers["self_connection_intro"])
        self.interaction_1 = _fuse(layers["self_interaction_1"], modality)
        self.interaction_2 = _fuse(layers["self_interaction_2"], modality)
        self.gate = fuse_gate(layers["equivariant_gate"].gate)
        self.last = last
        self.weights = layers["convolution"].weight_nn
        self.tabulated, self.untabulated = convolutions

    def forward(self, data: Data) -> Data:
        """Replace the features of the nodes."""
        features, graph = data[KEY.NODE_FEATURE], data[GRAPH]
        n_nodes = graph.n_nodes
        if features.dim() > 1:
            features = self.interaction_1.layout_in.pack(features)
        if isinstance(self.connection, FusedLinear):
            kept = self.connection(features, n_nodes)
        else:
            if SPECIES not in data:
                data[SPECIES] = group_species(data[KEY.ATOM_TYPE])
            kept = self.connection(features, data[SPECIES], n_nodes)
        features = self.interaction_1(features, n_nodes)
        convolution, radial = self.tabulated, data[KEY.EDGE_LENGTH]
        if KEY.EDGE_EMBEDDING in data:
            convolution, radial = self.untabulated, self.weights(data[KEY.EDGE_EMBEDDING])
        features = convolution(features, data[COUPLINGS], radial, graph)
        features = self.interaction_2(features, n_nodes, kept)
        features = self.gate(features, n_nodes)
        if self.last:
            features = self.gate.layout_out.unpack(features, n_nodes)
        data[KEY.NODE_FEATURE] = features
        return data


def fuse_sevennet(model: AtomGraphSequential, modal: str | None) -> AtomGraphSequential:
    """Return a SevenNet model that shares the weights of another and runs on the fused kernels.

    Args:
        model: The stock model.
        modal: The modality that it is used with, if it has several.

    Raises:
        UnsupportedLayerError: The model has a layer that is not known here.
    """
    layers = OrderedDict(model._modules.items())  # noqa: SLF001 - names and layers, in order
    modality = None
    if model.modal_map:
        modality = torch.zeros(len(model.modal_map), dtype=next(model.parameters()).dtype)
        modality[model.modal_map[modal]] = 1
    edges = innermost(layers.get("edge_embedding"), EdgeEmbedding)
    groups = _interactions(layers)
    couplings = CouplingBasis(edges.spherical.irreps_out.dim)
    convolutions = _convolutions(groups, edges, couplings)
    fused: Layers = OrderedDict()
    for name, layer in layers.items():
        number, _, part = name.partition("_")
        if name == "edge_embedding":
            dtype = next(model.parameters()).dtype
            fused[name] = rewrap(layer, FusedEdgeEmbedding(edges, couplings.matrix(dtype)))
        elif part not in PARTS:
            fused[name] = layer
        elif part == "convolution":
            fused[f"{number}_interaction"] = FusedInteraction(
                groups[number], convolutions[number], modality, last=number == list(groups)[-1]
            )
    result = AtomGraphSequential(
        fused,
        cutoff=model.cutoff,
        type_map=model.type_map,
        modal_map=model.modal_map,
        eval_type_map=bool(model.eval_type_map),
        eval_modal_map=model.eval_modal_map,
        data_key_atomic_numbers=model.key_atomic_numbers,
        data_key_node_feature=model.key_node_feature,
        data_key_grad=model.key_grad,
    )
    result.set_is_batch_data(False)
    return result.eval()


def _interactions(layers: Layers) -> dict[str, Layers]:
    """Return the layers of each interaction; they have to follow one another."""
    groups: dict[str, Layers] = {}
    names = [name for name in layers if name.partition("_")[2] in PARTS]
    between = list(layers)[list(layers).index(names[0]) :][: len(names)] if names else []
    if not names or between != names:
        message = f"the interactions are made of {', '.join(between) or 'other layers'}"
        raise UnsupportedLayerError(message)
    for name in names:
        number, _, part = name.partition("_")
        if type(layers[name]) not in PARTS[part]:
            message = f"the layer {name} is {type(layers[name]).__name__}"
            raise UnsupportedLayerError(message)
        groups.setdefault(number, {})[part] = layers[name]
    for number, parts in groups.items():
        if list(parts) != list(PARTS):
            message = f"interaction {number} is made of {', '.join(parts)}"
            raise UnsupportedLayerError(message)
    return groups


def _connection(layer: torch.nn.Module) -> FusedLinear | FusedSpeciesLinear:
    """Take over what is added to the convolution's result."""
    if isinstance(layer, SelfConnectionIntro):
        return fuse_species_linear(layer.fc_tensor_product)
    return fuse_linear(layer.linear)


def _fuse(layer: IrrepsLinear, modality: torch.Tensor | None) -> FusedLinear:
    """Take over a linear layer, with the modality as a constant part of its input if it has one."""
    constant = modality if layer.num_modalities > 1 else None
    return fuse_linear(layer.linear, constant=constant)


def _convolutions(
    groups: dict[str, Layers], edges: EdgeEmbedding, couplings: CouplingBasis
) -> dict[str, tuple[FusedConvolution, FusedConvolution]]:
    """Fuse the convolution of each interaction, with its weights tabulated and without."""
    plans = {}
    for number, parts in groups.items():
        layer = parts["convolution"]
        if layer.is_parallel:
            message = "the model is cut up for several GPUs"
            raise UnsupportedLayerError(message)
        dtype = layer.denominator.dtype
        plan = plan_convolution(layer.convolution, couplings, dtype)
        factors = plan.factors / layer.denominator.item()
        plans[number] = (dataclasses.replace(plan, factors=factors), layer.weight_nn, dtype)
    return {
        number: (
            FusedConvolution(plan, couplings, dtype, _table(edges, network, plan.factors, dtype)),
            FusedConvolution(plan, couplings, dtype),
        )
        for number, (plan, network, dtype) in plans.items()
    }


def _table(
    edges: EdgeEmbedding, weights: torch.nn.Module, factors: Floats, dtype: torch.dtype
) -> RadialTable:
    """Tabulate an interaction's weights."""
    basis, cutoff, network = (
        copy.deepcopy(part).double()
        for part in (edges.basis_function, edges.cutoff_function, weights)
    )
    if type(cutoff) is XPLORCutoff:
        breaks = [cutoff.r_on, cutoff.r_cut]
    elif type(cutoff) is PolynomialCutoff:
        breaks = [cutoff.cutoff_length]
    else:
        message = f"the cutoff function is {type(cutoff).__name__}"
        raise UnsupportedLayerError(message)

    def function(lengths: torch.Tensor) -> torch.Tensor:
        return network(basis(lengths) * cutoff(lengths).unsqueeze(-1))

    return tabulate([function], breaks, factors, dtype)
