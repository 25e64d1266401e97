"""One value of a form: how it is entered, explained, written and read."""

from typing import Any

import streamlit as st
import yaml

from mlip_autopipec.config.loader import parse_value
from mlip_autopipec.errors import ConfigError
from mlip_autopipec.ui.document import Place, path_text
from mlip_autopipec.ui.schema import Field, Required, Scalar

_FLOW_WIDTH = 10_000


def enter_scalar(
    field: Field,
    node: Scalar,
    value: Any,  # noqa: ANN401 - as the node takes it
    key: str,
    label: str,
    about: str,
) -> Any:  # noqa: ANN401
    """Draw a switch, a number or a text, and return what it holds."""
    if node.kind == "bool":
        return st.toggle(label, value=bool(value), key=key, help=about)
    if node.kind in {"int", "float"}:
        return _number(field, node, value, key, label, about)
    return st.text_input(label, value=value or "", key=key, help=about) or absent(field)


def _number(
    field: Field,
    node: Scalar,
    value: float | None,
    key: str,
    label: str,
    about: str | None,
) -> Any:  # noqa: ANN401
    """Draw a number; an empty one stands for none."""
    placeholder = "none" if field.nullable else "needed"
    if node.kind == "int":
        number: float | None = st.number_input(
            label,
            value=None if value is None else int(value),
            step=1,
            key=key,
            help=about,
            placeholder=placeholder,
        )
        return absent(field) if number is None else int(number)
    number = st.number_input(
        label,
        value=None if value is None else float(value),
        step=_step(value),
        format="%.6g",
        key=key,
        help=about,
        placeholder=placeholder,
    )
    if number is None:
        return absent(field)
    return value if value is not None and number == value else number


def _step(value: float | None) -> float:
    """Return a sensible step for a number: a tenth of its order of magnitude."""
    if value is None or value == 0:
        return 0.1
    exponent = int(f"{abs(value):e}".partition("e")[2])
    return float(10.0 ** max(exponent - 1, -6))


def absent(field: Field) -> Any:  # noqa: ANN401
    """Return what an empty field stands for."""
    return None if field.nullable else Required


def help_text(field: Field, path: Place = ()) -> str:
    """Return the help of a field: what it is, what is allowed, its default and its key."""
    parts = [field.description] if field.description else []
    bounds = field.node.bounds if isinstance(field.node, Scalar) else ""
    if bounds:
        unit = f" {field.unit}" if field.unit else ""
        parts.append(f"Allowed: {bounds}{unit}.")
    if field.default is not Required and field.default not in (None, [], {}):
        parts.append(f"Default: {flow_text(field.default)}.")
    if path:
        parts.append(f"`{path_text(path)}`")
    return "  \n".join(parts)


def flow_text(value: Any) -> str:  # noqa: ANN401
    """Write a value as YAML on one line; the items of a list without their brackets."""
    if isinstance(value, str):
        return value
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=_FLOW_WIDTH)
    text = text.removesuffix("...\n").strip()
    plain = isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)
    return text.removeprefix("[").removesuffix("]") if plain else text


def parsed(text: str, *, is_list: bool) -> Any:  # noqa: ANN401
    """Read what `flow_text` wrote and the user changed; what is no YAML is a text."""
    if not text.strip():
        return Required
    bare_list = is_list or ("," in text and text.strip()[0] not in "[{\"'")
    source = f"[{text}]" if bare_list and not text.strip().startswith("[") else text
    try:
        return parse_value(source, text)
    except ConfigError:
        return text
