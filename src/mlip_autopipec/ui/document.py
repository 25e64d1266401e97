"""A config while it is composed: plain data, its YAML, and what is wrong with it."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import yaml

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.loader import parse_document
from mlip_autopipec.errors import ConfigError

Document = dict[str, Any]
Place = tuple[str | int, ...]

_WIDTH = 100


def written(document: Mapping[str, Any]) -> str:
    """Write a document as YAML, in the order of its keys; short lists and mappings on one line."""
    is_flat = not any(isinstance(value, dict | list) for value in document.values())
    return yaml.safe_dump(
        dict(document),
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        default_flow_style=False if is_flat else None,
    )


def read(text: str) -> Document:
    """Read a document from YAML.

    Raises:
        ConfigError: The text is not a YAML mapping.
    """
    return parse_document(text, "YAML")


def checked(document: Document) -> tuple[PipelineConfig | None, tuple[str, ...]]:
    """Return the config that a document stands for, and its faults as the command line words them.

    Exactly one of the two is empty.
    """
    try:
        return validate(PipelineConfig, document), ()
    except ConfigError as error:
        return None, error.faults


def by_path(faults: tuple[str, ...]) -> dict[str, str]:
    """Return what is wrong at each path.

    Example:
        >>> by_path(("exploration.timestep_fs: 40.0 is above 10 fs",))
        {'exploration.timestep_fs': '40.0 is above 10 fs'}
    """
    pairs = (fault.partition(": ") for fault in faults)
    return {path: message for path, _, message in pairs}


def path_text(path: Place) -> str:
    """Write a path as faults name it.

    Example:
        >>> path_text(("generation", 0, "n_structures"))
        'generation[0].n_structures'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def value_at(document: Document, path: Place) -> Any:  # noqa: ANN401 - whatever it holds
    """Return the value at a path; None where there is none."""
    node: Any = document
    for part in path:
        in_list = isinstance(node, list) and isinstance(part, int) and part < len(node)
        if in_list or (isinstance(node, dict) and part in node):
            node = node[part]
        else:
            return None
    return node


def with_value(document: Document, path: Place, value: object) -> Document:
    """Return a document with another value at a path; sections on the way are made."""
    copy = deepcopy(document)
    node: Any = copy
    for part in path[:-1]:
        if isinstance(node, dict) and not isinstance(node.get(part), dict | list):
            node[part] = {}
        node = node[part]
    node[path[-1]] = value
    return copy
