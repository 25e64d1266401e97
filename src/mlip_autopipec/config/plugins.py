"""Kinds that other packages add to a family of the config, by entry points."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from mlip_autopipec.config.base import Section
from mlip_autopipec.errors import ConfigError


@cache
def plugins(group: str) -> dict[str, Any]:
    """Return the classes that the installed packages register in a group, by name.

    Raises:
        ConfigError: One cannot be imported, or two have the same name.
    """
    found: dict[str, Any] = {}
    for entry in sorted(entry_points(group=group)):
        if entry.name in found:
            message = f"{_origin(entry)}: another package registers {entry.name!r} as well"
            raise ConfigError([message])
        try:
            found[entry.name] = entry.load()
        except (ImportError, AttributeError) as error:
            message = f"{_origin(entry)}: cannot be loaded ({error})"
            raise ConfigError([message]) from error
    return found


def plugin_distribution(group: str, name: str) -> str | None:
    """Return the installed distribution that registers a plug-in; None if there is no such one."""
    entries = [entry for entry in entry_points(group=group, name=name) if entry.dist is not None]
    return entries[0].dist.name if entries and entries[0].dist is not None else None


def plugin_version(group: str, name: str) -> str | None:
    """Return where the plug-in comes from, with its package's version; None: from no plug-in."""
    references = sorted(reference(entry) for entry in entry_points(group=group, name=name))
    return references[0] if references else None


def reference(entry: EntryPoint) -> str:
    """Name what an entry point refers to, with its package and version."""
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist is not None else "?"
    return f"{entry.value} ({package})"


def plugin_configs(group: str, base: type[Section]) -> list[type[Section]]:
    """Return the config model of each plug-in of a group, from its attribute ``config_class``.

    Args:
        group: Of entry points.
        base: What the models derive from.

    Raises:
        ConfigError: A plug-in cannot be loaded, or has no such model whose field ``kind`` is a
            literal of the plug-in's name.
    """
    models: list[type[Section]] = []
    for name, plugin in plugins(group).items():
        model: Any = getattr(plugin, "config_class", None)
        if not _is_of_kind(model, base, name):
            message = (
                f"entry point {group}: {name}: its config_class should derive from "
                f"{base.__name__} and have the kind {name!r}"
            )
            raise ConfigError([message])
        models.append(model)
    return models


def _is_of_kind(model: object, base: type[Section], name: str) -> bool:
    """Say whether something is a model that derives from another and has a kind."""
    if not isinstance(model, type) or not issubclass(model, base):
        return False
    return bool(model.model_fields["kind"].default == name)


def _origin(entry: EntryPoint) -> str:
    """Name an entry point as its package's metadata does."""
    return f"entry point {entry.group}: {entry.name} = {entry.value}"
