"""A form for any config model, drawn with Streamlit from the tree in `schema`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mlip_autopipec.ui.document import Document, Place, path_text
from mlip_autopipec.ui.entry import absent, enter_scalar, flow_text, help_text, parsed
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


@dataclass(frozen=True)
class Form:
    """Draws nodes as widgets and returns what the user has made of their values.

    Widgets begin with the values of a document that stays the same while they are drawn again and
    again; when it changes otherwise than through them, the form needs another key.

    Attributes:
        key: Begins the keys of all widgets.
        faults: What is wrong, by path; shown beside the field.
        change: Called with the path of a list and what makes the new list of the one that is there,
            or of None where there is none.
    """

    key: str
    faults: Mapping[str, str]
    change: Callable[[Place, Callable[[Any], list[Any]]], None]

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
            what = "settings at their defaults" if len(rest) > 1 else "setting at its default"
            label = f"{len(rest)} more {what}"
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
        lines = sorted((field for field in fields if not field.is_block), key=_is_switch)
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
                    title, value=value is not None, key=self._key(path, "on"), help=help_text(field)
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

        def listed(current: Any) -> list[Any]:  # noqa: ANN401
            """Return the list that is there now, written out; the default where there is none."""
            fitted = None if current is None else node.fitted(current)
            return list(values if fitted is None else fitted)

        results = []
        for place, value in enumerate(values):
            with st.container(border=True):
                part, button = st.columns([14, 1], vertical_alignment="top")
                self._removing(button, path, place, listed)
                with part:
                    self._fault((*path, place))
                    results.append(self._node(item, value, (*path, place), unit))
        self._adding(item, path, listed)
        return results

    def _removing(
        self, column: DeltaGenerator, path: Place, place: int, listed: Callable[[Any], list[Any]]
    ) -> None:
        """Draw what removes an item of a list."""

        def without(current: Any) -> list[Any]:  # noqa: ANN401
            return [item for number, item in enumerate(listed(current)) if number != place]

        column.button(
            "",
            icon=":material/close:",
            key=self._key((*path, place), "remove"),
            type="tertiary",
            help="Remove",
            on_click=self.change,
            args=(path, without),
        )

    def _adding(
        self, item: Section | Variants, path: Place, listed: Callable[[Any], list[Any]]
    ) -> None:
        """Draw what adds an item to a list."""
        key = self._key(path, "add")
        if isinstance(item, Section):
            st.button(
                "Add",
                icon=":material/add:",
                key=key,
                on_click=self.change,
                args=(path, lambda current: [*listed(current), {}]),
            )
            return

        def with_kind(current: Any) -> list[Any]:  # noqa: ANN401
            return [*listed(current), {"kind": st.session_state[key]}]

        st.selectbox(
            "Add",
            list(item.sections),
            index=None,
            key=key,
            placeholder="Add …",
            label_visibility="collapsed",
            format_func=lambda kind: f"{kind} — {item.sections[kind].title.rstrip('.')}",
            on_change=self.change,
            args=(path, with_kind),
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
        node, label, about = field.node, field.label(unit), help_text(field, path)
        has_value = value is not Required and value is not None
        shown = node.fitted(value) if has_value else None
        is_odd = has_value and shown is None
        if not is_odd and isinstance(node, Several) and _holds_words(node):
            return self._words(field, node, shown or [], path, label)
        if not is_odd and isinstance(node, Choice):
            index = node.options.index(shown) if has_value else None
            return st.selectbox(
                label, node.options, index=index, key=self._key(path), help=about
            ) or absent(field)
        if not is_odd and isinstance(node, Scalar) and node.kind != "any":
            return enter_scalar(field, node, shown, self._key(path), label, about)
        return self._raw(label, value, path, about)

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
            help=help_text(field, path),
            accept_new_options=not isinstance(node.item, Choice),
        )
        return list(chosen) if chosen or not field.nullable else absent(field)

    def _raw(self, label: str, value: Any, path: Place, about: str | None = None) -> Any:  # noqa: ANN401
        """Draw any value as YAML on one line."""
        text = "" if value is Required or value is None else flow_text(value)
        entered = st.text_input(label, value=text, key=self._key(path, "raw"), help=about)
        if entered == text:
            return value
        return parsed(entered, is_list=isinstance(value, list))

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
        return Form(f"{self.key}/{kind}", self.faults, self.change)


def _merged(node: Section, value: Document, found: Mapping[str, Any]) -> Document:
    """Return a section with what the form found; defaults that nobody wrote are left out."""
    fields = {field.name: field for field in node.fields}
    result = {}
    for name, old in value.items():
        new = found.get(name, old)
        if new is Required or (new is None and fields[name].default is None and old is not None):
            continue
        result[name] = new
    return result | {
        name: new
        for name, new in found.items()
        if name not in value and new is not Required and new != fields[name].default
    }


def _is_switch(field: Field) -> bool:
    """Say whether a field is on or off, which is drawn lower than the others."""
    return isinstance(field.node, Scalar) and field.node.kind == "bool"


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
