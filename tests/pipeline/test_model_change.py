"""A model file that changes: refused within a run, another run with another key after it."""

from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import CalculatorError, RunDirectoryError
from mlip_autopipec.pipeline.runner import PipelineRunner

OLD_MACE = Path(__file__).parents[1] / "data" / "mace_e3nn_0_4_4.model"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "a.model"
    path.write_bytes(OLD_MACE.read_bytes())
    return path


@pytest.fixture
def begun(model: Path, tmp_path: Path) -> PipelineRunner:
    """A run that has come as far as its exploration; no pair is scanned, so nothing is loaded."""
    runner = PipelineRunner(_config(model), tmp_path / "run")
    runner.prepare()
    runner.generate()
    runner.scan_pairs()
    return runner


def _config(model: Path) -> PipelineConfig:
    return PipelineConfig.model_validate(
        {
            "name": "changed",
            "generation": [
                {
                    "kind": "alloy",
                    "lattice": "fcc",
                    "composition": {"Cu": 1.0},
                    "supercell": [1, 1, 1],
                    "n_structures": 1,
                }
            ],
            "exploration": {
                "calculator": {"kind": "mace", "model": str(model), "accelerate": "off"},
                "zbl": {"scan": False},
                "n_steps": 1,
                "monte_carlo": None,
            },
            "sampling": {"kind": "random", "n_samples": 1},
        }
    )


def test_a_worker_refuses_to_load_it(begun: PipelineRunner, model: Path) -> None:
    model.write_bytes(b"another model, or somebody's program")
    worker = PipelineRunner.open(begun.run_dir)
    with pytest.raises(CalculatorError, match=rf"{model} has changed since the run began"):
        worker.explore_structure("alloy-0000")
    assert not list(begun.directory.trajectories.glob("*.xyz"))


def test_the_process_that_began_refuses_it_too(begun: PipelineRunner, model: Path) -> None:
    model.write_bytes(b"another model")
    with pytest.raises(CalculatorError, match="has changed since the run began"):
        begun.explore_structure("alloy-0000")


def test_a_worker_has_the_keys_of_the_model_that_the_run_began_with(
    begun: PipelineRunner, model: Path
) -> None:
    key = begun.explore_key("alloy-0000")
    model.write_bytes(OLD_MACE.read_bytes() + b"\0")
    assert PipelineRunner.open(begun.run_dir).explore_key("alloy-0000") == key


def test_the_next_run_has_other_keys_where_the_model_counts_and_the_same_elsewhere(
    begun: PipelineRunner, model: Path
) -> None:
    before = (begun.generate_key(), begun.explore_key("alloy-0000"), begun.scan_key())
    model.write_bytes(OLD_MACE.read_bytes() + b"\0")  # a zip archive may have a tail
    following = PipelineRunner(_config(model), begun.run_dir)
    following.prepare()
    following.generate()
    following.scan_pairs()
    after = (following.generate_key(), following.explore_key("alloy-0000"), following.scan_key())
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert after[2] != before[2]


def test_a_run_whose_model_is_not_known_is_not_taken_up(begun: PipelineRunner) -> None:
    begun.directory.model.unlink()
    with pytest.raises(RunDirectoryError, match=r"model\.json: is missing or damaged"):
        PipelineRunner.open(begun.run_dir)
