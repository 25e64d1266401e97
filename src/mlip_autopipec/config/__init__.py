"""The config of a run: one pydantic family a file, and the loader."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlip_autopipec.config.pipeline import PipelineConfig

__all__ = ["PipelineConfig"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the whole config, when it is asked for
    """Load the whole config late: it loads plug-ins, which import its parts themselves."""
    if name == "PipelineConfig":
        from mlip_autopipec.config.pipeline import PipelineConfig  # noqa: PLC0415 - see above

        return PipelineConfig
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
