"""What a new config begins with, for each kind of generator."""

from importlib.resources import files
from typing import get_args

from mlip_autopipec.config.generation import GeneratorConfig
from mlip_autopipec.ui.document import Document, read


def kinds() -> dict[str, str]:
    """Return the kinds of generators, each with what its model says of itself."""
    models = get_args(get_args(GeneratorConfig)[0])
    lines = {str(m.model_fields["kind"].default): (m.__doc__ or "").strip() for m in models}
    return {kind: text.partition("\n")[0] for kind, text in lines.items()}


def example_yaml(kind: str) -> str:
    """Return the YAML that a config of a kind begins with: what `mlip-autopipe init` prints."""
    template = files("mlip_autopipec.cli") / "templates" / f"{kind}.yaml"
    return template.read_text(encoding="utf-8")


def example(kind: str) -> Document:
    """Return the config that one of a kind begins with."""
    return read(example_yaml(kind))
