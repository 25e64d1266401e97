"""A run on paper."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "orchestration"))
from harness import write_config

from mlip_autopipec.orchestration.session import load_runner
from mlip_autopipec.pipeline.runner import PipelineRunner


@pytest.fixture
def emt_runner(tmp_path: Path) -> PipelineRunner:
    """The runner of the short EMT config; nothing is done yet."""
    return load_runner(write_config(tmp_path / "emt.yaml"), None, tmp_path / "run")
