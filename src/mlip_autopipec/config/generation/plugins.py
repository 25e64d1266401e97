"""Kinds of generators from other packages: the entry points ``mlip_autopipec.generators``.

A package registers a generator class under the name of its kind::

    [project.entry-points."mlip_autopipec.generators"]
    my_kind = "my_package.generators:MyGenerator"

The class derives from `mlip_autopipec.generators.base.BaseStructureGenerator` and names its config
model, a `GeneratorBaseConfig` whose ``kind`` is the same name, as ``config_type``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from mlip_autopipec.config.generation.base import GeneratorBaseConfig
from mlip_autopipec.config.plugins import reference
from mlip_autopipec.errors import ConfigError

GROUP = "mlip_autopipec.generators"


def plugin_class(kind: str) -> type[Any] | None:
    """Return the generator class of a kind from another package; None if there is no such kind.

    Raises:
        ConfigError: The package cannot be imported, two packages have the kind, or the class names
            no config model.
    """
    points = {reference(point): point for point in entry_points(group=GROUP, name=kind)}
    references = sorted(points)
    if not points:
        return None
    if len(points) > 1:
        message = f"generation: kind {kind!r} is registered twice, by {' and '.join(references)}"
        raise ConfigError([message])
    try:
        loaded = points[references[0]].load()
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        message = f"generation: kind {kind!r} cannot be loaded from {references[0]} ({reason})"
        raise ConfigError([message]) from error
    model = getattr(loaded, "config_type", None)
    if not (isinstance(model, type) and issubclass(model, GeneratorBaseConfig)):
        message = f"generation: {references[0]} names no config model as config_type"
        raise ConfigError([message])
    generator: type[Any] = loaded
    return generator


@dataclass(frozen=True)
class OrPlugin:
    """Annotation of a union of configs: what it does not know may be a kind of another package.

    Attributes:
        known: The kinds of the union.
    """

    known: frozenset[str]

    def __get_pydantic_core_schema__(
        self,
        source: Any,  # noqa: ANN401 - pydantic's signature
        handler: GetCoreSchemaHandler,
    ) -> CoreSchema:
        """Wrap the validation of the union; each config is written by its own model."""
        return core_schema.no_info_wrap_validator_function(
            self._validate,
            handler(source),
            serialization=core_schema.simple_ser_schema("any"),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add the installed kinds to the schema of the union."""
        union = handler(schema)
        for kind in _installed_kinds():
            try:
                loaded = plugin_class(kind)
            except ConfigError:  # a broken package is reported when its kind is asked for
                continue
            if loaded is not None:
                union["oneOf"].append(handler(loaded.config_type.__pydantic_core_schema__))
        return union

    def _validate(self, value: Any, handler: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - a validator sees whatever the file holds
        """Validate by the union, or by the model of an installed kind."""
        kind = value.get("kind") if isinstance(value, Mapping) else getattr(value, "kind", None)
        if not isinstance(kind, str) or kind in self.known:
            return handler(value)
        loaded = plugin_class(kind)
        if loaded is not None:
            return loaded.config_type.model_validate(value)
        kinds = [*sorted(self.known), *_installed_kinds()]
        context = {
            "discriminator": "'kind'",
            "tag": kind,
            "expected_tags": ", ".join(map(repr, kinds)),
        }
        raise PydanticKnownError("union_tag_invalid", context)  # noqa: EM101 - a type of error


def _installed_kinds() -> list[str]:
    """Return the kinds that other packages register."""
    return sorted({point.name for point in entry_points(group=GROUP)})
