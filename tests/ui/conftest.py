"""A finished run on EMT, made once, and the page's scripts without a browser."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.ui.server import ROOT_VARIABLE


@pytest.fixture(scope="session")
def finished_root(tmp_path_factory: pytest.TempPathFactory, write_run: Callable[..., Path]) -> Path:
    """A folder with one finished run, ``runs/small``."""
    root = tmp_path_factory.mktemp("root").resolve()
    config = write_run(
        root / "small.yaml",
        "small",
        seed=3,
        alloy={"supercell": [2, 2, 1]},
        exploration={"temperature_K": {"start": 300, "end": 900}, "n_steps": 40, "save_every": 4},
        sampling={
            "kind": "fps",
            "n_samples": 6,
            "descriptor": {"kind": "soap", "r_cut_A": 4.0, "n_max": 3, "l_max": 2},
        },
    )
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
