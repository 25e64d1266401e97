"""The reference of the config file, written from the models that validate it."""

import math
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from annotated_types import Ge, Gt, Le, Lt
from pydantic import AfterValidator, BaseModel, TypeAdapter

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.annotations import unwrapped
from mlip_autopipec.config.base import Element
from mlip_autopipec.config.generation import GeneratorBaseConfig
from mlip_autopipec.config.generation.base import FormulaText
from mlip_autopipec.config.units import unit_of

HEAD = """# Config reference

Made from the models that validate the file, so that it cannot be out of date. A key that is not
listed is refused; the fault names the nearest known one. Units are part of the keys' names.
`--set exploration.n_steps=200` sets a value from the command line; a number selects an item of a
list (`generation.0.n_structures=2`).
"""
TABLE = "| key | allowed | default | meaning |\n|---|---|---|---|\n"
DEEPEST_HEADING = 5
LARGE = 1e15


@dataclass
class Reference:
    """The page while it is written.

    Attributes:
        written: The heading's anchor of each model that has a table.
        parts: The page so far.
    """

    written: dict[type[BaseModel], str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=lambda: [HEAD])

    def add(self, path: str, model: type[BaseModel], depth: int) -> None:
        """Write a section of the config, and after it the sections inside it."""
        kind = kind_of(model)
        title = f"`{path}`" + (f", kind `{kind}`" if kind else "")
        anchor = f"{path} {kind or ''}".strip().replace(" ", "-").replace("[]", "").lower()
        heading = "#" * min(depth, DEEPEST_HEADING)
        self.parts.append(f"{heading} {title} {{#{anchor}}}\n\n{summary(model)}\n")
        longer = next((known for known in self.written if is_part_of(model, known)), None)
        if longer is not None:
            names = ", ".join(f"`{name}`" for name in own_fields(model))
            self.parts.append(
                f"Takes these keys of [`{kind_of(longer)}`](#{self.written[longer]}): {names}.\n"
            )
            return
        twin = next((known for known in self.written if is_twin_of(model, known)), None)
        self.written[model] = anchor
        if twin is not None:
            others = ", ".join(f"`{name}: {value}`" for name, value in changes(model, twin))
            where = f"[above](#{self.written[twin]})"
            self.parts[-1] = (
                f"`{path}` has the keys given {where}, with other defaults: {others}.\n"
            )
            return
        if not own_fields(model):
            return
        rows = [row(model, name) for name in own_fields(model)]
        self.parts.append(TABLE + "\n".join(rows) + "\n")
        for name in own_fields(model):
            self.add_inner(f"{path}.{name}" if path != "config" else name, model, name, depth + 1)

    def add_inner(self, path: str, model: type[BaseModel], name: str, depth: int) -> None:
        """Write the sections that a field holds, unless they stand elsewhere already."""
        inner = list(models_in(model.model_fields[name].annotation))
        if name == "generation":
            path = "generation[]"
            self.add(path, GeneratorBaseConfig, depth)
        for part in inner:
            if part not in self.written:
                self.add(path, part, depth)


def reference() -> str:
    """Return the whole page, as Markdown."""
    page = Reference()
    page.add("config", PipelineConfig, 2)
    return "\n".join(page.parts)


def row(model: type[BaseModel], name: str) -> str:
    """Return a field as a row of its section's table."""
    info = model.model_fields[name]
    allowed = words(
        Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    )
    unit = unit_of(name)
    cells = (f"`{name}`", f"{allowed}, in {unit}" if unit else allowed, default(model, name))
    text = " | ".join((*cells, description(model, name)))
    return f"| {text} |"


def description(model: type[BaseModel], name: str) -> str:
    """Return what a field means, as the model or one that it derives from says it.

    Raises:
        ValueError: None says it.
    """
    for ancestor in model.__mro__:
        if issubclass(ancestor, BaseModel) and name in ancestor.model_fields:
            text = ancestor.model_fields[name].description
            if text:
                return escaped(text)
    message = f"{model.__name__}.{name} has no description"
    raise ValueError(message)


def default(model: type[BaseModel], name: str) -> str:
    """Return a field's default as a config file would hold it."""
    info = model.model_fields[name]
    if info.is_required():
        return "**required**"
    value = info.get_default(call_default_factory=True, validated_data={})
    written = TypeAdapter(info.annotation).dump_python(
        value, mode="json", exclude_defaults=True, warnings=False
    )
    if isinstance(value, BaseModel):
        kind = kind_of(type(value))
        written = ({"kind": kind} if kind else {}) | written
    text = yaml.safe_dump(written, default_flow_style=True, width=10**6).removesuffix("\n")
    return f"`{text.removesuffix('...').strip()}`"


def words(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    """Say in words what an annotation allows."""
    bare, metadata = unwrapped(annotation)
    origin, arguments = get_origin(bare), get_args(bare)
    if origin in {Union, types.UnionType}:
        return union_words(bare)
    if origin is Literal:
        return ", ".join(f"`{option}`" for option in arguments)
    if origin is dict:
        return f"a mapping from {words(arguments[0])} to {words(arguments[1])}"
    if origin is tuple:
        return tuple_words(arguments)
    return "a section" if isinstance(bare, type(BaseModel)) else scalar_words(bare, metadata)


def union_words(union: Any) -> str:  # noqa: ANN401 - any annotation
    """Say in words what alternatives there are, null first."""
    arms = get_args(union)
    models = [arm for arm in arms if isinstance(unwrapped(arm)[0], type(BaseModel))]
    if len(models) > 1:
        kinds = sorted(f"`{kind_of(model)}`" for model in models_in(union))
        return f"a section of kind {', '.join(kinds)}"
    return " or ".join(words(arm) for arm in sorted(arms, key=lambda arm: arm is not type(None)))


def tuple_words(arguments: tuple[Any, ...]) -> str:
    """Say in words what a tuple may hold."""
    if arguments[-1] is Ellipsis:
        return f"a list, each: {words(arguments[0])}"
    items = [words(item) for item in arguments]
    return f"[{'; '.join(items)}]" if len(set(items)) > 1 else f"{len(items)} × {items[0]}"


def scalar_words(bare: Any, metadata: list[Any]) -> str:  # noqa: ANN401 - any annotation
    """Say in words what a single value may be."""
    if bare is type(None):
        return "`null`"
    named = {"an element": Element, "a formula": FormulaText}
    for name, alias in named.items():
        if set(get_args(alias)[1:]) & {part for part in metadata if callable_part(part)}:
            return name
    names = {bool: "`true` or `false`", int: "integer", float: "number", str: "text"}
    limits = [limit for part in metadata for limit in signed(part)]
    lowest = max((limit for limit in limits if limit[0] in "≥>"), key=number, default=None)
    highest = min((limit for limit in limits if limit[0] in "≤<"), key=number, default=None)
    shown = ", ".join(f"{sign} {bound(value)}" for sign, value in filter(None, (lowest, highest)))
    return f"{names.get(bare, 'a value')} {shown}".strip()


def number(limit: tuple[str, Any]) -> float:
    """Return the number of a bound and its sign."""
    return float(limit[1])


def callable_part(part: object) -> bool:
    """Say whether a part of an annotation is a validator."""
    return isinstance(part, AfterValidator)


def signed(part: object) -> Iterator[tuple[str, Any]]:
    """Yield the sign and the number of a bound; nothing for what is no bound."""
    for kind, sign, name in ((Gt, ">", "gt"), (Ge, "≥", "ge"), (Lt, "<", "lt"), (Le, "≤", "le")):
        if isinstance(part, kind):
            yield sign, getattr(part, name)


def bound(value: float) -> str:
    """Write a bound."""
    return f"{value:g}" if value < LARGE else f"2^{math.log2(value):g}"


def own_fields(model: type[BaseModel]) -> list[str]:
    """Return the fields that are written down for a model: not its kind, not those of all kinds."""
    shared = GeneratorBaseConfig.model_fields
    inherits = issubclass(model, GeneratorBaseConfig) and model is not GeneratorBaseConfig
    return [
        name
        for name, info in model.model_fields.items()
        if (name != "kind" or model is GeneratorBaseConfig)
        and not (inherits and name in shared and info.default == shared[name].default)
    ]


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - any annotation
    """Yield the models that an annotation names, in its order."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for part in get_args(annotation):
        yield from models_in(part)


def is_part_of(model: type[BaseModel], known: type[BaseModel]) -> bool:
    """Say whether a model that was written already has all keys of this one, of the same kind."""
    return known is not model and issubclass(known, model) and kind_of(known) == kind_of(model)


def is_twin_of(model: type[BaseModel], known: type[BaseModel]) -> bool:
    """Say whether a model has the keys of one that it derives from, and no other."""
    same = list(model.model_fields) == list(known.model_fields)
    return known is not model and issubclass(model, known) and same and kind_of(model) is None


def changes(model: type[BaseModel], twin: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Yield the fields whose defaults differ, and these defaults."""
    for name in own_fields(model):
        if default(model, name) != default(twin, name):
            yield name, default(model, name).strip("`")


def kind_of(model: type[BaseModel]) -> str | None:
    """Return the kind that tells a model from others of its family."""
    info = model.model_fields.get("kind")
    return None if info is None or info.is_required() else str(info.default)


def summary(model: type[BaseModel]) -> str:
    """Return what a model says of itself."""
    text = (model.__doc__ or "").strip().split("\n\n    Attributes:")[0]
    lines = [line.strip() for line in text.splitlines()]
    return escaped("\n".join(lines))


def escaped(text: str) -> str:
    """Keep a table's cell whole."""
    return text.replace("|", "\\|")
