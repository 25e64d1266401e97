"""Reading a config file: safe YAML, and overrides such as ``exploration.n_steps=200``."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mlip_autopipec.errors import ConfigError

_BOOL, _STR = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:str"
_NOBELIUM = "No"


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's safe loader that refuses a key given twice, which YAML itself forbids.

    Keys are words: YAML 1.1 would take ``on`` (a dopant's key) and ``No`` (nobelium) for booleans.
    So is the value ``No``, which still switches off what is a switch.
    """

    def construct_word_or_bool(self, node: yaml.ScalarNode) -> bool | str:
        """Return the symbol of nobelium as it is written, and other booleans as booleans."""
        return _NOBELIUM if node.value == _NOBELIUM else bool(self.construct_yaml_bool(node))

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Build a mapping, refusing repeated keys."""
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == _BOOL:
                key_node.tag = _STR
            if key_node.value in seen:
                problem = f"key {key_node.value!r} is given twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


_UniqueKeyLoader.add_constructor(_BOOL, _UniqueKeyLoader.construct_word_or_bool)


def read_document(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """Read a YAML mapping and apply overrides to it.

    Args:
        path: The config file.
        overrides: Assignments ``a.b=value``; a number selects an item of a list
            (``generation.0.n_structures=2``). The value is read as YAML.

    Raises:
        ConfigError: The file cannot be read, is not a YAML mapping, or an override does not fit.
    """
    document = parse_document(_read(path), str(path))
    faults: list[str] = []
    for override in overrides:
        try:
            _apply(document, override)
        except ConfigError as error:
            faults.extend(error.faults)
    if faults:
        raise ConfigError(faults)
    return document


def parse_document(text: str, source: str) -> dict[str, Any]:
    """Read a YAML mapping from text.

    Args:
        text: The YAML.
        source: What messages call the text.

    Raises:
        ConfigError: The text is not a YAML mapping.
    """
    document = parse_value(text, source)
    if not isinstance(document, dict):
        given = "nothing" if document is None else f"a {type(document).__name__}"
        message = f"{source}: holds {given}; a mapping with name, generation, … is needed"
        raise ConfigError([message])
    return document


def _read(path: Path) -> str:
    """Return the file's text, or say in one line why not."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror})"
        raise ConfigError([message]) from error
    except UnicodeDecodeError as error:
        message = f"{path}: is not a text file in UTF-8"
        raise ConfigError([message]) from error


def parse_value(text: str, source: str) -> Any:  # noqa: ANN401 - YAML holds anything
    """Read any YAML value from text.

    Args:
        text: The YAML.
        source: What messages call the text.

    Raises:
        ConfigError: The text is not YAML, with one line that says where it breaks.

    Example:
        >>> parse_value("{element: No, relax: no}", "--set")
        {'element': 'No', 'relax': False}
    """
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a subclass of SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        message = f"{source}:{where} is not valid YAML ({error.problem})"
        raise ConfigError([message]) from error
    except (yaml.YAMLError, ValueError) as error:
        message = f"{source}: is not valid YAML ({' '.join(str(error).split())})"
        raise ConfigError([message]) from error


def _apply(document: dict[str, Any], override: str) -> None:
    """Set one value in the document; a list's items are ``a.0`` or, as in errors, ``a[0]``."""
    path, equals, text = override.partition("=")
    keys = re.sub(r"\[(\d+)\]", r".\1", path.strip()).split(".")
    if not equals or not all(keys):
        message = f"--set {override}: should read a.b=value"
        raise ConfigError([message])
    node: Any = document
    for depth, key in enumerate(keys[:-1]):
        node = _child(node, key, override, ".".join(keys[: depth + 1]))
    value = parse_value(text, f"--set {override}")
    if isinstance(node, list):
        node[_index(node, keys[-1], override)] = value
    elif isinstance(node, dict):
        node[keys[-1]] = value
    else:
        message = f"--set {override}: {'.'.join(keys[:-1])} is {node!r}, not a section"
        raise ConfigError([message])


def _child(node: Any, key: str, override: str, path: str) -> Any:  # noqa: ANN401 - YAML holds anything
    """Step into a section, which is made when it is absent or null."""
    if isinstance(node, list):
        return node[_index(node, key, override)]
    if isinstance(node, dict):
        if node.get(key) is None:
            node[key] = {}
        return node[key]
    message = f"--set {override}: {path} lies inside a value, not a section"
    raise ConfigError([message])


def _index(node: list[Any], key: str, override: str) -> int:
    """Read a list index."""
    if not key.isdecimal() or int(key) >= len(node):
        message = f"--set {override}: {key!r} is not an item of the list (0 to {len(node) - 1})"
        raise ConfigError([message])
    return int(key)
