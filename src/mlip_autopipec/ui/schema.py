"""What a form has to know of the config models: a tree of nodes, read from the models alone."""

import inspect
import types
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from mlip_autopipec.config.annotations import unwrapped
from mlip_autopipec.config.units import unit_of, unit_suffix

Document = dict[str, Any]

_NAMES = {"zbl": "ZBL", "monte carlo": "Monte Carlo"}
"""Fields that are written otherwise than with a capital at the beginning."""


class Required:
    """Stands for the default of a field that has none."""


@dataclass(frozen=True)
class Node:
    """A value of the config.

    Attributes:
        type: Its annotation, with all that constrains it.
    """

    type: Any

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.type)

    def takes(self, value: object) -> bool:
        """Say whether a value has the shape that a form can show; it may be out of bounds."""
        raise NotImplementedError

    def fitted(self, value: object) -> Any:  # noqa: ANN401 - whatever the document holds
        """Return a value in the shape that a form can show, or None where it has no such shape.

        What the models take as a shorthand (a number for a ramp, an element for a composition) is
        written out.
        """
        if self.takes(value):
            return value
        try:
            full = self._adapter.validate_python(value)
        except ValidationError:
            return None
        written = self._adapter.dump_python(full, mode="json", exclude_unset=True)
        return written if self.takes(written) else None


@dataclass(frozen=True)
class Scalar(Node):
    """A single value.

    Attributes:
        kind: ``any`` where it may be a number or a word.
        bounds: What is allowed, in words; empty if all is.
    """

    kind: Literal["bool", "int", "float", "str", "any"]
    bounds: str = ""

    def takes(self, value: object) -> bool:
        """Say whether a value is of this kind; whole numbers are numbers as well."""
        if self.kind == "any":
            return isinstance(value, str | int | float) and not isinstance(value, bool)
        if self.kind == "float":
            return isinstance(value, int | float) and not isinstance(value, bool)
        if self.kind == "int":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
        return isinstance(value, {"bool": bool, "str": str}[self.kind])


@dataclass(frozen=True)
class Choice(Node):
    """One of several words."""

    options: tuple[str, ...]

    def takes(self, value: object) -> bool:
        """Say whether a value is one of the words."""
        return value in self.options


@dataclass(frozen=True)
class Several(Node):
    """Values of one kind, as many as there are."""

    item: Node

    def takes(self, value: object) -> bool:
        """Say whether a value is a list."""
        return isinstance(value, list)


@dataclass(frozen=True)
class Row(Node):
    """A fixed number of values."""

    items: tuple[Node, ...]

    def takes(self, value: object) -> bool:
        """Say whether a value is a list of the right length."""
        return isinstance(value, list) and len(value) == len(self.items)


@dataclass(frozen=True)
class Table(Node):
    """Values by name, where the names are the user's."""

    key: Node
    value: Node

    def takes(self, value: object) -> bool:
        """Say whether a value is a mapping."""
        return isinstance(value, dict)


@dataclass(frozen=True)
class Section(Node):
    """A section of the config.

    Attributes:
        title: First line of what the model says of itself.
        model: The model.
    """

    title: str
    model: type[BaseModel]

    @cached_property
    def fields(self) -> tuple["Field", ...]:
        """The fields, what the model adds to its bases first, in the order of each.

        The ``kind`` that tells unions apart is none.
        """
        known = self.model.model_fields
        names = [name for name in _names(self.model) if name in known]
        return tuple(
            Field.of(name, known[name]) for name in names if _constant(known[name]) is None
        )

    def takes(self, value: object) -> bool:
        """Say whether a value is a mapping."""
        return isinstance(value, dict)


@dataclass(frozen=True)
class Variants(Node):
    """Sections of which one is chosen by its ``kind``."""

    sections: Mapping[str, Section]

    def takes(self, value: object) -> bool:
        """Say whether a value is a mapping that names one of the kinds."""
        return isinstance(value, dict) and value.get("kind") in self.sections


@dataclass(frozen=True)
class Field:
    """A named value of a section.

    Attributes:
        name: Its key in the config.
        node: What it may be.
        description: Of the model.
        default: As the document would hold it; `Required` if there is none.
        nullable: Whether null is allowed.
    """

    name: str
    node: Node
    description: str
    default: Any
    nullable: bool

    @classmethod
    def of(cls, name: str, info: FieldInfo) -> "Field":
        """Read a field of a model."""
        annotation = info.annotation
        if info.metadata:
            annotation = Annotated[(annotation, *info.metadata)]  # type: ignore[assignment]
        node, nullable = _node(annotation)
        return cls(name, node, info.description or "", _default(info, annotation), nullable)

    @property
    def is_block(self) -> bool:
        """Whether the value takes more room than a line."""
        return isinstance(self.node, Section | Variants | Several | Table)

    @property
    def unit(self) -> str:
        """The unit in the name."""
        return unit_of(self.name)

    def label(self, outer_unit: str = "") -> str:
        """Return what the field is called in the form, with its unit, or that of what it is in.

        Example:
            >>> from mlip_autopipec.config.exploration import ExplorationConfig
            >>> fields = Section(ExplorationConfig, "", ExplorationConfig).fields
            >>> [field.label() for field in fields if field.name in {"timestep_fs", "n_steps"}]
            ['Timestep (fs)', 'Number of steps']
        """
        words = self.name.removesuffix(unit_suffix(self.name)).split("_")
        counts = words[0] == "n" and words[1] != "max"
        text = " ".join(["Number of", *words[1:]] if counts else words)
        text = _NAMES.get(text, f"{text[0].upper()}{text[1:]}")
        unit = self.unit or outer_unit
        return f"{text} ({unit})" if unit else text


def section_of(model: type[BaseModel]) -> Section:
    """Return the node of a model."""
    title = (model.__doc__ or "").strip().partition("\n")[0]
    return Section(model, title, model)


def _node(annotation: Any) -> tuple[Node, bool]:  # noqa: ANN401 - any annotation
    """Return the node of an annotation, and whether null is allowed."""
    bare, metadata = unwrapped(annotation)
    nullable = False
    if get_origin(bare) in {Union, types.UnionType}:
        arms = [arm for arm in get_args(bare) if arm is not type(None)]
        nullable = len(arms) < len(get_args(bare))
        if len(arms) > 1:
            return _union(annotation, arms), nullable
        inner, _ = _node(arms[0])
        return inner, True
    return _plain_node(annotation, bare, metadata), nullable


def _union(annotation: Any, arms: list[Any]) -> Node:  # noqa: ANN401 - any annotation
    """Return the node of a union: sections that differ by their kind, or words and numbers."""
    models = [unwrapped(arm)[0] for arm in arms]
    if all(isinstance(model, type) and issubclass(model, BaseModel) for model in models):
        kinds = {str(_constant(model.model_fields["kind"])): section_of(model) for model in models}
        return Variants(annotation, kinds)
    return Scalar(annotation, "any")


def _plain_node(annotation: Any, bare: Any, metadata: list[Any]) -> Node:  # noqa: ANN401
    """Return the node of an annotation that is no union."""
    origin, arguments = get_origin(bare), get_args(bare)
    if origin is Literal:
        return Choice(annotation, tuple(str(option) for option in arguments))
    if origin is tuple and arguments[-1] is not Ellipsis:
        return Row(annotation, tuple(_node(part)[0] for part in arguments))
    if origin in {tuple, list}:
        return Several(annotation, _node(arguments[0])[0])
    if origin is dict:
        return Table(annotation, _node(arguments[0])[0], _node(arguments[1])[0])
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return Section(annotation, section_of(bare).title, bare)
    kinds: dict[Any, Any] = {bool: "bool", int: "int", float: "float", str: "str"}
    return Scalar(annotation, kinds.get(bare, "any"), _bounds(metadata))


def _bounds(metadata: list[Any]) -> str:
    """Say in words what numbers are allowed; of several bounds on one side, the tightest."""
    lowest: list[tuple[Any, str]] = [(part.ge, "from") for part in metadata if isinstance(part, Ge)]
    lowest += [(part.gt, "above") for part in metadata if isinstance(part, Gt)]
    highest: list[tuple[Any, str]] = [(part.le, "to") for part in metadata if isinstance(part, Le)]
    highest += [(part.lt, "below") for part in metadata if isinstance(part, Lt)]
    parts = [max(lowest, key=_bound)] if lowest else []
    parts += [min(highest, key=_bound)] if highest else []
    lengths = [f"at least {part.min_length} characters" for part in metadata if _is_long(part)]
    lengths += [f"at most {m.max_length} characters" for m in metadata if isinstance(m, MaxLen)]
    return " ".join([*(f"{word} {value:g}" for value, word in parts), *lengths])


def _bound(pair: tuple[Any, str]) -> float:
    """Return the number of a bound."""
    return float(pair[0])


def _is_long(part: object) -> bool:
    """Say whether a constraint asks for more than that something is there."""
    return isinstance(part, MinLen) and part.min_length > 1


def _names(model: type) -> list[str]:
    """Return what a class and its bases annotate, each name with the base that has it first."""
    parts = {part: list(inspect.get_annotations(part)) for part in model.__mro__}
    owners = {name: part for part, names in parts.items() for name in names}
    return [name for part, names in parts.items() for name in names if owners[name] is part]


def _constant(info: FieldInfo) -> str | None:
    """Return the one word that a field may hold; None for other fields."""
    options = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
    return str(options[0]) if len(options) == 1 else None


def _default(info: FieldInfo, annotation: Any) -> Any:  # noqa: ANN401 - any value
    """Return a field's default as the document would hold it."""
    if info.is_required():
        return Required
    value = info.get_default(call_default_factory=True, validated_data={})
    written = TypeAdapter(annotation).dump_python(value, mode="json", exclude_defaults=True)
    kind = getattr(value, "kind", None)
    return written if kind is None else {"kind": kind, **written}
