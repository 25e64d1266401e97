"""Edge embeddings with a floor under the lengths (`mlip_autopipec.calculators.floor`)."""

import copy
from typing import Any

from mlip_autopipec.calculators import floor
from mlip_autopipec.calculators.fused.report import UnsupportedLayerError


def innermost(layer: Any, kind: type) -> Any:  # noqa: ANN401 - torch modules
    """Return the model's own embedding, from beneath a floor if it has one.

    Raises:
        UnsupportedLayerError: It is of another kind.
    """
    while type(layer).__module__ == floor.__name__:
        layer = layer.embedding
    if type(layer) is not kind:
        message = f"the edges are embedded by {type(layer).__name__}"
        raise UnsupportedLayerError(message)
    return layer


def rewrap(layer: Any, embedding: Any) -> Any:  # noqa: ANN401 - torch modules
    """Return another embedding, with the floor that an embedding has."""
    if type(layer).__module__ != floor.__name__:
        return embedding
    twin = copy.copy(layer)
    twin._modules = {**layer._modules, "embedding": rewrap(layer.embedding, embedding)}  # noqa: SLF001 - the floor and its state are shared
    return twin
