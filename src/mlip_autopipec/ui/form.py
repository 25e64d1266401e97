"""A form for any config model, drawn with Streamlit from the tree in `schema`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
import yaml

from mlip_autopipec.ui.document import Document, Place, path_text
from mlip_autopipec.ui.schema import (
    Choice,
    Field,
    Node,
    Required,
    Row,
    Scalar,
    Section,
    Several,
    Table,
    Variants,
)
from mlip_autopipec.ui.table_editor import edit_table

_COLUMNS = 3
_FLOW_WIDTH = 10_000


@dataclass(frozen=True)
class Form:
    """Draws nodes as widgets and returns what the user has made of their values.

    Widgets begin with the values of a document that stays the same while they are drawn again and
    again; when it changes otherwise than through them, the form needs another key.

    Attributes:
        key: Begins the keys of all widgets.
        faults: What is wrong, by path; shown beside the field.
        add: Called with a path and an item that is to be added to the list there.
        remove: Called with the path of an item that is to go.
    """

    key: str
    faults: Mapping[str, str]
    add: Callable[[Place, Any], None]
    remove: Callable[[Place], None]

    def section(
        self,
        node: Section,
        value: Document,
        path: Place = (),
        unit: str = "",
        names: Sequence[str] | None = None,
    ) -> Document:
        """Draw the fields of a section, or those that are named, and return what came of it.

        What has to be given, and what is given, comes first; the rest is folded away.
        """
        wanted = [field for field in node.fields if names is None or field.name in names]
        first = [f for f in wanted if f.name in value or f.default is Required or names]
        rest = [field for field in wanted if field not in first]
        found = self._fields(first, value, path, unit)
        if rest and first:
            faulty = any(path_text((*path, field.name)) in self.faults for field in rest)
            label = f"{len(rest)} more setting{'s' if len(rest) > 1 else ''} at their defaults"
            with st.expander(label, icon=":material/tune:", expanded=faulty):
                found |= self._fields(rest, value, path, unit)
        elif rest:
            found |= self._fields(rest, value, path, unit)
        return _merged(node, value, found)

    def _fields(
        self, fields: Sequence[Field], value: Document, path: Place, unit: str
    ) -> dict[str, Any]:
        """Draw fields: those of one line in columns, then the blocks."""
        found: dict[str, Any] = {}
        lines = [field for field in fields if not field.is_block]
        for begin in range(0, len(lines), _COLUMNS):
            columns = st.columns(_COLUMNS, vertical_alignment="top")
            for column, field in zip(columns, lines[begin:], strict=False):
                with column:
                    found[field.name] = self._value(field, value, path, unit)
        for field in fields:
            if field.is_block:
                found[field.name] = self._value(field, value, path, unit)
        return found

    def _value(self, field: Field, section: Document, path: Place, unit: str) -> Any:  # noqa: ANN401
        """Draw a field; return its value, or `Required` where it has none."""
        here = (*path, field.name)
        value = section.get(field.name, field.default)
        unit = field.unit or unit
        if field.is_block and not _is_short(field.node):
            return self._block(field, value, here, unit)
        result = self._line(field, value, here, unit)
        self._fault(here)
        return result

    def _block(self, field: Field, value: Any, path: Place, unit: str) -> Any:  # noqa: ANN401
        """Draw a field that takes more room than a line."""
        title = f"**{field.label(unit)}**"
        about = f" :gray[{field.description}]" if field.description else ""
        is_framed = len(path) > 1 and not _is_list_of_parts(field.node)
        with st.container(border=is_framed):
            if field.nullable:
                is_on = st.toggle(
                    title, value=value is not None, key=self._key(path, "on"), help=_help(field)
                )
                self._fault(path)
                if not is_on:
                    return None
                value = _beginning(field.node) if value is None else value
            else:
                if len(path) > 1 or not isinstance(field.node, Section):
                    st.markdown(title + about)
                self._fault(path)
            value = _beginning(field.node) if value is Required else value
            return self._node(field.node, value, path, unit)

    def _node(self, node: Node, value: Any, path: Place, unit: str) -> Any:  # noqa: ANN401
        """Draw a value of any shape; one that does not fit is shown as it is."""
        shown = node.fitted(value)
        if shown is None:
            return self._raw("As YAML", value, path)
        if isinstance(node, Section):
            result: Any = self.section(node, shown, path, unit)
        elif isinstance(node, Variants):
            result = self._variants(node, shown, path, unit)
        elif isinstance(node, Table) and isinstance(node.key, Choice):
            result = self._named(node.key, shown, path)
        elif isinstance(node, Table) and isinstance(node.value, Scalar):
            result = edit_table(node, shown, unit, self._key(path))
        elif isinstance(node, Several) and isinstance(node.item, Section | Variants):
            result = self._items(node, node.item, shown, path, unit)
        else:
            return self._raw("As YAML", value, path)
        return value if result == shown else result

    def _variants(self, node: Variants, value: Document, path: Place, unit: str) -> Document:
        """Draw the choice of a kind, and the section of that kind."""
        kinds = list(node.sections)
        kind = st.selectbox(
            "Kind",
            kinds,
            index=kinds.index(value["kind"]),
            key=self._key(path, "kind"),
            format_func=lambda kind: f"{kind} — {node.sections[kind].title.rstrip('.')}",
            label_visibility="collapsed",
        )
        self._fault((*path, "kind"))
        section = node.sections[kind]
        known = {field.name for field in section.fields}
        kept = value if kind == value["kind"] else {k: v for k, v in value.items() if k in known}
        result = self._at(kind).section(section, {**kept, "kind": kind}, path, unit)
        return {"kind": kind, **result}

    def _items(
        self,
        node: Several,
        item: Section | Variants,
        values: list[Any],
        path: Place,
        unit: str,
    ) -> list[Any]:
        """Draw the items of a list, each with a button that removes it, and one that adds."""
        results = []
        for place, value in enumerate(values):
            here = (*path, place)
            with st.container(border=True):
                results.append(self._item(item, value, here, unit))
        self._adding(item, path)
        return results

    def _item(self, item: Section | Variants, value: Any, path: Place, unit: str) -> Any:  # noqa: ANN401
        """Draw an item of a list and what removes it."""
        part, button = st.columns([14, 1], vertical_alignment="top")
        button.button(
            "",
            icon=":material/close:",
            key=self._key(path, "remove"),
            type="tertiary",
            help="Remove",
            on_click=self.remove,
            args=(path,),
        )
        with part:
            self._fault(path)
            return self._node(item, value, path, unit)

    def _adding(self, item: Section | Variants, path: Place) -> None:
        """Draw what adds an item to a list."""
        kinds = list(item.sections) if isinstance(item, Variants) else []
        if not kinds:
            st.button(
                "Add",
                icon=":material/add:",
                key=self._key(path, "add"),
                on_click=self.add,
                args=(path, {}),
            )
            return
        key = self._key(path, "add")
        st.selectbox(
            "Add",
            kinds,
            index=None,
            key=key,
            placeholder="Add …",
            label_visibility="collapsed",
            on_change=lambda: self.add(path, {"kind": st.session_state[key]}),
        )

    def _named(self, names: Choice, value: Document, path: Place) -> Document:
        """Draw a line for each of the names that a mapping may have."""
        found = {}
        for column, name in zip(st.columns(len(names.options)), names.options, strict=True):
            with column:
                result = self._raw(name, value.get(name, ""), (*path, name))
                self._fault((*path, name))
                found[name] = result
        return {name: result for name, result in found.items() if result not in ("", None)}

    def _line(self, field: Field, value: Any, path: Place, unit: str) -> Any:  # noqa: ANN401
        """Draw a field of one line."""
        node, label, key = field.node, field.label(unit), self._key(path)
        has_value = value is not Required and value is not None
        shown = node.fitted(value) if has_value else None
        about = _help(field, path)
        if (has_value and shown is None) or not isinstance(node, Scalar | Choice | Several):
            return self._raw(label, value, path, about)
        if isinstance(node, Several) and not _holds_words(node):
            return self._raw(label, value, path, about)
        if isinstance(node, Several):
            return self._words(field, node, shown or [], path, label)
        if isinstance(node, Choice):
            index = node.options.index(shown) if has_value else None
            chosen = st.selectbox(label, node.options, index=index, key=key, help=about)
            return Required if chosen is None and not field.nullable else chosen
        if node.kind == "bool":
            return st.toggle(label, value=bool(shown), key=key, help=about)
        if node.kind in {"int", "float"}:
            return _number(field, node, shown, key, label, about)
        if node.kind == "any":
            return self._raw(label, value, path, about)
        text = st.text_input(label, value=shown or "", key=key, help=about)
        return text or _absent(field)

    def _words(
        self,
        field: Field,
        node: Several,
        value: list[Any],
        path: Place,
        label: str,
    ) -> Any:  # noqa: ANN401
        """Draw a list of words."""
        options = list(node.item.options) if isinstance(node.item, Choice) else []
        options += [word for word in value if word not in options]
        chosen = st.multiselect(
            label,
            options,
            default=value,
            key=self._key(path),
            help=_help(field, path),
            accept_new_options=not isinstance(node.item, Choice),
        )
        return list(chosen) if chosen or not field.nullable else _absent(field)

    def _raw(self, label: str, value: Any, path: Place, about: str | None = None) -> Any:  # noqa: ANN401
        """Draw any value as YAML on one line."""
        text = "" if value is Required or value is None else _flow(value)
        entered = st.text_input(label, value=text, key=self._key(path, "raw"), help=about)
        if entered == text:
            return value
        return _parsed(entered, is_list=isinstance(value, list))

    def _fault(self, path: Place) -> None:
        """Say what is wrong with the field just drawn."""
        message = self.faults.get(path_text(path))
        if message is not None:
            st.markdown(f":red[:material/error: {message}]")

    def _key(self, path: Place, part: str = "") -> str:
        """Return the key of a widget."""
        return f"{self.key}/{path_text(path)}/{part}"

    def _at(self, kind: str) -> "Form":
        """Return the form for the fields of one variant, whose widgets are its own."""
        return Form(f"{self.key}/{kind}", self.faults, self.add, self.remove)


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
        return _absent(field) if number is None else int(number)
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
        return _absent(field)
    return value if value is not None and number == value else number


def _step(value: float | None) -> float:
    """Return a sensible step for a number: a tenth of its order of magnitude."""
    if value is None or value == 0:
        return 0.1
    exponent = int(f"{abs(value):e}".partition("e")[2])
    return float(10.0 ** max(exponent - 1, -6))


def _absent(field: Field) -> Any:  # noqa: ANN401
    """Return what an empty field stands for."""
    return None if field.nullable else Required


def _merged(node: Section, value: Document, found: Mapping[str, Any]) -> Document:
    """Return a section with what the form found; defaults that nobody wrote are left out."""
    fields = {field.name: field for field in node.fields}
    result = {}
    for name, old in value.items():
        new = found.get(name, old)
        if new is Required or (new is None and fields[name].default is None and old is not None):
            continue
        result[name] = new
    for name, new in found.items():
        if name not in value and new is not Required and new != fields[name].default:
            result[name] = new
    return result


def _holds_words(node: Several) -> bool:
    """Say whether the items of a list are words."""
    return isinstance(node.item, Choice) or (
        isinstance(node.item, Scalar) and node.item.kind == "str"
    )


def _is_list_of_parts(node: Node) -> bool:
    """Say whether a list's items have frames of their own."""
    return isinstance(node, Several) and isinstance(node.item, Section | Variants)


def _is_short(node: Node) -> bool:
    """Say whether a list is one of words, which fit on a line, or of what is written as YAML."""
    return isinstance(node, Several) and not _is_list_of_parts(node)


def _beginning(node: Node) -> Any:  # noqa: ANN401
    """Return what a part begins with when it is switched on."""
    if isinstance(node, Variants):
        return {"kind": next(iter(node.sections))}
    return [] if isinstance(node, Several | Row) else {}


def _help(field: Field, path: Place = ()) -> str:
    """Return the help of a field: what it is, what is allowed, its default and its key."""
    parts = [field.description] if field.description else []
    bounds = field.node.bounds if isinstance(field.node, Scalar) else ""
    if bounds:
        unit = f" {field.unit}" if field.unit else ""
        parts.append(f"Allowed: {bounds}{unit}.")
    if field.default is not Required and field.default not in (None, [], {}):
        parts.append(f"Default: {_flow(field.default)}.")
    if path:
        parts.append(f"`{path_text(path)}`")
    return "  \n".join(parts)


def _flow(value: Any) -> str:  # noqa: ANN401
    """Write a value as YAML on one line; the items of a list without their brackets."""
    if isinstance(value, str):
        return value
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=_FLOW_WIDTH)
    text = text.removesuffix("...\n").strip()
    plain = isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)
    return text.removeprefix("[").removesuffix("]") if plain else text


def _parsed(text: str, *, is_list: bool) -> Any:  # noqa: ANN401
    """Read what `_flow` wrote and the user changed; what is no YAML is a text."""
    if not text.strip():
        return Required
    bare_list = is_list or ("," in text and text.strip()[0] not in "[{\"'")
    source = f"[{text}]" if bare_list and not text.strip().startswith("[") else text
    try:
        return yaml.safe_load(source)
    except yaml.YAMLError:
        return text
