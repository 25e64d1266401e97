"""Real runs on EMT that reports are made of, each made once a session."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import SamplingError
from mlip_autopipec.pipeline.runner import PipelineRunner

ALLOY = {
    "kind": "alloy",
    "lattice": "fcc",
    "composition": {"Cu": 0.5, "Au": 0.5},
    "supercell": [2, 1, 1],
    "n_structures": 2,
    "transforms": [{"kind": "rattle", "stdev_A": 0.05}],
}
SLAB = {
    "kind": "slab",
    "crystal": {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 1.0}},
    "miller": [1, 1, 1],
    "layers": 3,
    "repeats": [2, 2],
    "n_structures": 1,
}
CLUSTER = {
    "kind": "cluster",
    "shape": {"kind": "icosahedron", "shells": 2},
    "composition": {"Cu": 1.0},
}
BASE: dict[str, Any] = {
    "name": "emt",
    "seed": 3,
    "generation": [ALLOY, SLAB, CLUSTER],
    "exploration": {
        "calculator": {"kind": "emt"},
        "temperature_K": {"start": 300, "end": 900},
        "n_steps": 40,
        "save_every": 5,
        "monte_carlo": {"kind": "swap", "every": 10, "attempts": 2},
    },
    "sampling": {"kind": "fps", "n_samples": 8, "descriptor": {"kind": "soap", "r_cut_A": 4.0}},
}

Run = Callable[..., PipelineRunner]


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Make a run: all of it, or as far as it can go."""

    def make(**changes: Any) -> PipelineRunner:  # noqa: ANN401 - parts of a config
        exploration = {**BASE["exploration"], **changes.pop("exploration", {})}
        config = PipelineConfig.model_validate({**BASE, "exploration": exploration, **changes})
        runner = PipelineRunner(config, tmp_path_factory.mktemp("run"))
        try:
            runner.run()
        except SamplingError as error:
            assert "no frame was kept" in str(error)  # noqa: PT017 - the only one that may come
        return runner

    return make


@pytest.fixture(scope="session")
def finished(make_run: Run) -> PipelineRunner:
    """Bulk, a slab and a cluster; swaps, a scan, a selection: everything a report shows."""
    return make_run()


@pytest.fixture(scope="session")
def failing(make_run: Run) -> PipelineRunner:
    """Every other structure is far too hot."""
    runner = make_run(
        exploration={
            "temperature_K": [300, 90_000],
            "guards": {"max_temperature_K": 3000, "max_recoveries": 0},
        }
    )
    log = runner.run_dir / "logs" / "alloy-0001.log"
    log.parent.mkdir()
    log.write_text("first\n" * 40 + "\x1b[31mlast </pre><script>\x1b[0m\n", encoding="utf-8")
    return runner


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "report"
