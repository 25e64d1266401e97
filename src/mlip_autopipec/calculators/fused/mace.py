"""MACE on the fused kernels: its interactions and products, between the same other layers."""

import copy
import dataclasses
from dataclasses import dataclass
from typing import Any

import torch
from mace.modules.blocks import (
    EquivariantProductBasisBlock,
    RadialEmbeddingBlock,
    RealAgnosticDensityInteractionBlock,
    RealAgnosticDensityResidualInteractionBlock,
    RealAgnosticInteractionBlock,
    RealAgnosticResidualInteractionBlock,
)
from mace.modules.models import MACE, ScaleShiftMACE

from mlip_autopipec.calculators.fused.contraction import fuse_contraction
from mlip_autopipec.calculators.fused.coupling import CouplingBasis
from mlip_autopipec.calculators.fused.floored import innermost, rewrap
from mlip_autopipec.calculators.fused.graph import EdgeGraph, group_edges
from mlip_autopipec.calculators.fused.linear import fuse_linear
from mlip_autopipec.calculators.fused.mace_radial import RadialLayers, SpeciesTables
from mlip_autopipec.calculators.fused.plan import ConvolutionPlan, plan_convolution
from mlip_autopipec.calculators.fused.radial import MIN_LENGTH_A
from mlip_autopipec.calculators.fused.report import UnsupportedLayerError
from mlip_autopipec.calculators.fused.species import (
    SpeciesGroups,
    fuse_species_linear,
    group_species,
)

MODELS = (MACE, ScaleShiftMACE)

# Interactions whose species layer follows the convolution, and those that add it to the product.
AFTER = (RealAgnosticInteractionBlock, RealAgnosticDensityInteractionBlock)
BESIDE = (RealAgnosticResidualInteractionBlock, RealAgnosticDensityResidualInteractionBlock)

# Interactions that divide by the density of neighbours; the others divide by a constant.
DENSITY = (RealAgnosticDensityInteractionBlock, RealAgnosticDensityResidualInteractionBlock)


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """What the layers share about the structure that is evaluated.

    Attributes:
        lengths: Of the edges in Å, ``(n_edges,)``.
        graph: The edges, grouped by receiver.
        groups: The nodes of each species.
        basis: MACE's own radial features and cutoff of the edges, where they are needed.
        short: Whether an edge is shorter than the tables begin.
    """

    lengths: torch.Tensor
    graph: EdgeGraph
    groups: SpeciesGroups
    basis: tuple[torch.Tensor, torch.Tensor | None] | None
    short: bool

    @property
    def species(self) -> tuple[int, ...]:
        """The species that are present, in rising order."""
        return tuple(species for species, _ in self.groups)


class FusedHarmonics(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
    """Couplings of the edges in place of their harmonics."""

    def __init__(self, stock: torch.nn.Module, couplings: torch.Tensor) -> None:
        """Keep MACE's own layer, and the matrix from harmonics to couplings."""
        super().__init__()
        self.stock = stock
        self.couplings = couplings

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return the couplings, ``(n_edges, size)``."""
        return self.stock(vectors) @ self.couplings


class FusedRadialEmbedding(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
    """The edges themselves in place of their radial features."""

    def __init__(self, stock: RadialEmbeddingBlock, *, by_species: bool, wants_basis: bool) -> None:
        """Keep MACE's own layer.

        Args:
            stock: That layer.
            by_species: Whether there is a table for each pair of species.
            wants_basis: Whether an interaction needs its features for something not tabulated.
        """
        super().__init__()
        self.stock = stock
        self.by_species = by_species
        self.wants_basis = wants_basis

    def forward(
        self,
        lengths: torch.Tensor,
        node_attrs: torch.Tensor,
        edge_index: torch.Tensor,
        atomic_numbers: torch.Tensor,
    ) -> tuple[Edges, None]:
        """Return the edges, and no cutoff: it is part of the tables."""
        n_nodes = len(node_attrs)
        species = node_attrs.argmax(dim=1)
        groups = group_species(species)
        senders, receivers = edge_index
        tables = None
        if self.by_species:
            rank = torch.searchsorted(torch.tensor([kind for kind, _ in groups]), species)
            tables = rank[receivers] * len(groups) + rank[senders]
        graph = group_edges(receivers, senders, n_nodes=n_nodes, tables=tables)
        short = bool((lengths.detach() < MIN_LENGTH_A).any())
        basis = None
        if short or self.wants_basis:
            basis = self.stock(lengths, node_attrs, edge_index, atomic_numbers)
        return Edges(lengths.view(-1), graph, groups, basis, short), None


class FusedInteraction(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
    """One of MACE's interactions on flat features."""

    def __init__(
        self, stock: torch.nn.Module, plan: ConvolutionPlan, tables: SpeciesTables
    ) -> None:
        """Take over the layers of an interaction whose convolution is planned."""
        super().__init__()
        self.tables = tables
        self.weights = stock.conv_tp_weights
        self.density = stock.density_fn if isinstance(stock, DENSITY) else None
        self.after = isinstance(stock, AFTER)
        self.up = fuse_linear(stock.linear_up)
        self.down = fuse_linear(stock.linear)
        self.skip = fuse_species_linear(stock.skip_tp)
        self.plan = plan

    def forward(
        self,
        *,
        node_attrs: torch.Tensor,  # noqa: ARG002 - MACE's signature
        node_feats: torch.Tensor,
        edge_attrs: torch.Tensor,
        edge_feats: Edges,
        **_unused: Any,  # noqa: ANN401 - what MACE passes to run under LAMMPS
    ) -> tuple[torch.Tensor, tuple[torch.Tensor | None, Edges]]:
        """Return the messages, flat; and what is added to the product, with the edges."""
        edges = edge_feats
        n_nodes = edges.graph.n_nodes
        features = self.up.layout_in.pack(node_feats)
        kept = None if self.after else self.skip(features, edges.groups, n_nodes)
        features = self.up(features, n_nodes)
        convolution, radial = self.tables.convolution(edges.species), edges.lengths
        if edges.short:
            convolution, radial = self.tables.untabulated, self._own_weights(edges)
        messages = convolution(features, edge_attrs, radial, edges.graph)
        messages = self.down(messages, n_nodes)
        if self.density is not None:
            messages = self._divide(messages, edges, self.density)
        if self.after:
            messages = self.skip(messages, edges.groups, n_nodes)
        return messages, (kept, edges)

    def _own_weights(self, edges: Edges) -> torch.Tensor:
        """Return the weights as MACE's own network gives them."""
        basis, cutoff = edges.basis or (None, None)
        weights = self.weights(basis)
        return weights if cutoff is None else weights * cutoff

    def _divide(
        self, messages: torch.Tensor, edges: Edges, network: torch.nn.Module
    ) -> torch.Tensor:
        """Divide by one more than the density of neighbours."""
        basis, cutoff = edges.basis or (None, None)
        density = torch.tanh(network(basis) ** 2)
        if cutoff is not None:
            density = density * cutoff
        n_nodes = edges.graph.n_nodes
        receivers = edges.graph.receivers()
        total = messages.new_zeros(n_nodes).index_add(0, receivers, density.view(-1)) + 1
        return self.down.layout_out.divide(messages, total)


class FusedProduct(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
    """One of MACE's products on flat features, with the result in e3nn's layout."""

    def __init__(self, stock: EquivariantProductBasisBlock, dtype: torch.dtype) -> None:
        """Take over its layers."""
        super().__init__()
        self.contraction = fuse_contraction(stock.symmetric_contractions, dtype)
        self.linear = fuse_linear(stock.linear)
        self.adds = stock.use_sc
        self.agnostic = getattr(stock, "use_agnostic_product", False)

    def forward(
        self,
        node_feats: torch.Tensor,
        sc: tuple[torch.Tensor | None, Edges],
        node_attrs: torch.Tensor,
    ) -> torch.Tensor:
        """Return the features of the nodes, ``(n_nodes, dim)``."""
        kept, edges = sc
        n_nodes = len(node_attrs)
        groups = [(0, torch.arange(n_nodes))] if self.agnostic else edges.groups
        features = self.contraction(node_feats, groups, n_nodes)
        features = self.linear(features, n_nodes, kept if self.adds else None)
        return self.linear.layout_out.unpack(features, n_nodes)


def fuse_mace(model: MACE) -> MACE:
    """Return a MACE model that shares the weights of another and runs on the fused kernels.

    Raises:
        UnsupportedLayerError: The model has a layer that is not known here.
    """
    if type(model) not in MODELS:
        message = f"the model is {type(model).__name__}"
        raise UnsupportedLayerError(message)
    dtype = model.r_max.dtype
    couplings = CouplingBasis(model.spherical_harmonics.irreps_out.dim)
    plans = []
    for layer in model.interactions:
        if type(layer) not in (*AFTER, *BESIDE):
            message = f"an interaction is {type(layer).__name__}"
            raise UnsupportedLayerError(message)
        plan = plan_convolution(layer.conv_tp, couplings, dtype)
        if not isinstance(layer, DENSITY):
            plan = dataclasses.replace(plan, factors=plan.factors / float(layer.avg_num_neighbors))
        plans.append(plan)
    embedding = innermost(model.radial_embedding, RadialEmbeddingBlock)
    radial = RadialLayers(embedding, model.atomic_numbers, float(model.r_max))
    interactions = [
        FusedInteraction(
            layer, plan, SpeciesTables(radial, layer.conv_tp_weights, plan, couplings, dtype)
        )
        for layer, plan in zip(model.interactions, plans, strict=True)
    ]
    fused = copy.copy(model)
    fused._modules = dict(model._modules)  # noqa: SLF001 - a model of the same layers but these
    fused.interactions = torch.nn.ModuleList(interactions)
    fused.products = torch.nn.ModuleList(FusedProduct(layer, dtype) for layer in model.products)
    fused.spherical_harmonics = FusedHarmonics(model.spherical_harmonics, couplings.matrix(dtype))
    fused_embedding = FusedRadialEmbedding(
        embedding,
        by_species=radial.by_species,
        wants_basis=any(layer.density is not None for layer in interactions),
    )
    fused.radial_embedding = rewrap(model.radial_embedding, fused_embedding)
    return fused
