"""From pydantic's errors to one clear line a fault."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mlip_autopipec.config.locations import masked
from mlip_autopipec.config.units import unit_of
from mlip_autopipec.errors import ConfigError

Model = TypeVar("Model", bound=BaseModel)

_SHOWN_CHARACTERS = 60

_LAST_ONLY = {"missing", "extra_forbidden"}
"""Faults whose last location is a key, even where the document does not hold it."""

_TEMPLATES = {
    "missing": "is missing and has no default",
    "greater_than": "{given} is not above {gt:g}",
    "greater_than_equal": "{given} is below {ge:g}",
    "less_than": "{given} is not below {lt:g}",
    "less_than_equal": "{given} is above {le:g}",
    "literal_error": "{given} is not one of {expected}",
    "union_tag_invalid": "kind {tag!r} is not one of {expected_tags}",
    "union_tag_not_found": "has no kind, which says what it is",
    "too_short": "has {actual_length} items; at least {min_length} are needed",
    "too_long": "has {actual_length} items; at most {max_length} are allowed",
    "string_pattern_mismatch": "{given} does not match {pattern}",
    "finite_number": "{given} is not a finite number",
    "value_error": "{given} {error}",
}


def validate(model: type[Model], document: dict[str, Any]) -> Model:
    """Validate a document, reporting all its faults at once.

    Raises:
        ConfigError: With one line a fault: path, what was given, what is allowed.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        found = [(*_path(details, document), details) for details in error.errors()]
        raise ConfigError(_lines(found, model)) from None


def _lines(found: list[tuple[str, list[str], ErrorDetails]], model: type[BaseModel]) -> list[str]:
    """Write one line a faulty field, in the order of the file.

    The branches of a union complain about the same field one by one, which makes one line, where
    words that stand beside numbers come last; and pydantic calls a list too short whose items are
    faulty, which is left out.
    """
    paths = {path for path, _, _ in found}
    messages: dict[str, dict[str, None]] = {}
    words: dict[str, dict[str, str]] = {}
    for path, siblings, details in found:
        faulty_items = any(other.startswith(f"{path}[") for other in paths)
        if details["type"] == "too_short" and faulty_items:
            continue
        message = _message(path, siblings, details, model)
        messages.setdefault(path, {})[message] = None
        if details["type"] == "literal_error":
            words.setdefault(path, {})[message] = str(details["ctx"]["expected"])
    return [f"{path}: {_joined(parts, words.get(path, {}))}" for path, parts in messages.items()]


def _joined(parts: Iterable[str], words: Mapping[str, str]) -> str:
    """Join what the branches of a union say of one field.

    Args:
        parts: What each says.
        words: Those of them that ask for words, with these words.

    Example:
        >>> _joined(["0 is no word", "0 is below 1"], {"0 is no word": "'auto'"})
        "0 is below 1; allowed too: 'auto'"
    """
    others = [part for part in parts if part not in words]
    if not others:
        return "; or ".join(words)
    allowed = "".join(f"; allowed too: {expected}" for expected in words.values())
    return f"{'; or '.join(others)}{allowed}"


def _message(path: str, siblings: list[str], details: ErrorDetails, model: type[BaseModel]) -> str:
    """Say what is wrong with a field: what was given and what is allowed."""
    context = dict(details.get("ctx", {}))
    if details["type"] == "extra_forbidden":
        return f"is not a known key{_suggestion(details, model, siblings)}"
    if details["type"] == "missing" and isinstance(details["loc"][-1], int):
        return f"{_shown(details['input'])} has too few items"
    template = _TEMPLATES.get(details["type"])
    given = _shown(details["input"])
    if template is None:
        message = details["msg"].replace("Input should be", "should be")
        return f"{given} {message[0].lower()}{message[1:]}"
    return f"{template.format(given=given, **context)}{_unit(path, details['type'])}"


def _unit(path: str, kind: str) -> str:
    """Return the unit after a bound, read from the field's name."""
    if not kind.startswith(("greater_than", "less_than")):
        return ""
    field = path.rsplit(".", 1)[-1].split("[", maxsplit=1)[0]
    unit = unit_of(field)
    return f" {unit}" if unit else ""


def _path(details: ErrorDetails, document: dict[str, Any]) -> tuple[str, list[str]]:
    """Write the location as the user knows it, and list the keys that stand beside it.

    Pydantic's locations name branches of unions as well; what the document does not hold is left
    out, except a last key that is missing.
    """
    node: Any = document
    text, siblings = "", []
    for depth, part in enumerate(details["loc"]):
        last = depth == len(details["loc"]) - 1
        if isinstance(node, dict) and part in node:
            siblings = [str(key) for key in node]
            node = node[part]
            text += f".{part}" if text else str(part)
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
            text += f"[{part}]"
        elif last and details["type"] in _LAST_ONLY and isinstance(node, dict):
            text += f".{part}" if text else str(part)
    return text or "config", siblings


def _suggestion(details: ErrorDetails, model: type[BaseModel], siblings: list[str]) -> str:
    """Name the nearest key that is known in the same section."""
    known = _known_keys(model, details["loc"][:-1])
    name = str(details["loc"][-1])
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean {near[0]!r}?"
    unused = sorted(known - set(siblings))
    return f"; known here: {', '.join(unused)}" if unused else ""


def _known_keys(model: type[BaseModel], location: tuple[str | int, ...]) -> set[str]:
    """Return the keys of the section at a location, by walking the JSON schema."""
    schema = model.model_json_schema()
    nodes = [schema]
    for part in location:
        stepped = [child for node in nodes for child in _children(node, part, schema)]
        nodes = stepped or nodes
    resolved = [branch for node in nodes for branch in _branches(node, schema)]
    tag = str(location[-1]) if location else ""
    tagged = [n for n in resolved if n.get("properties", {}).get("kind", {}).get("const") == tag]
    return {key for node in tagged or resolved for key in node.get("properties", {})}


def _children(
    node: dict[str, Any], part: str | int, schema: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the schemas below a node for one part of a location."""
    found = []
    for branch in _branches(node, schema):
        if isinstance(part, int) and "items" in branch:
            found.append(branch["items"])
        elif part in branch.get("properties", {}):
            found.append(branch["properties"][part])
        elif isinstance(branch.get("additionalProperties"), dict):
            found.append(branch["additionalProperties"])
    return found


def _branches(node: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Follow references and unions to the plain schemas of a node."""
    if "$ref" in node:
        return _branches(schema["$defs"][node["$ref"].rsplit("/", 1)[-1]], schema)
    variants = [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]
    if variants:
        return [branch for variant in variants for branch in _branches(variant, schema)]
    return [node]


def _shown(value: Any) -> str:  # noqa: ANN401 - whatever the file holds
    """Show a given value, shortened, and without the password of a URL."""
    text = masked(_as_written(value) if isinstance(value, dict | list) else repr(value))
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"


def _as_written(value: Any) -> str:  # noqa: ANN401 - whatever the file holds
    """Write a value as it stands in a file, mappings without quotes around their keys."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_as_written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_as_written, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else repr(value)
