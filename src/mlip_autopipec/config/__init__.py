"""The config of a run: one pydantic family a file, and the loader."""

from mlip_autopipec.config.pipeline import PipelineConfig

__all__ = ["PipelineConfig"]
