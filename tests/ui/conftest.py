"""A finished run on EMT, made once, and the page's scripts without a browser."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.ui.server import ROOT_VARIABLE

CONFIG = """
name: small
seed: 3
generation:
  - kind: alloy
    lattice: fcc
    composition: {Cu: 0.5, Au: 0.5}
    supercell: [2, 2, 1]
    n_structures: 2
exploration:
  calculator: {kind: emt}
  temperature_K: {start: 300, end: 900}
  n_steps: 40
  save_every: 4
sampling: {kind: fps, n_samples: 6, descriptor: {kind: soap, r_cut_A: 4.0, n_max: 3, l_max: 2}}
"""


@pytest.fixture(scope="session")
def finished_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished run, ``runs/small``."""
    root = tmp_path_factory.mktemp("root").resolve()
    config = root / "small.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    PipelineRunner(PipelineConfig.from_yaml(config), root / "runs" / "small").run()
    return root


@pytest.fixture(autouse=True)
def main_module_kept() -> Iterator[None]:
    """Streamlit's tests leave a script of theirs as the main module, which new processes import."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def page_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that the page works in."""
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path.resolve()
