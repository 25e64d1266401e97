"""A run in short: every stage is done, on few structures, and its parts are those of a run."""

from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.pipeline import rehearsal
from mlip_autopipec.pipeline.rehearsal import rehearse

ALLOY = {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 0.5, "Au": 0.5}}


def test_what_is_rehearsed_is_the_config_with_fewer_structures_and_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rehearsal, "BUDGET_S", 0.2)
    document = {
        "name": "rehearsed",
        "generation": [
            ALLOY | {"supercell": [2, 1, 1], "n_structures": 7},
            ALLOY | {"supercell": [2, 2, 2], "n_structures": 5},
        ],
        "exploration": {
            "calculator": {"kind": "emt"},
            "n_steps": 100_000,  # a day; the budget decides
            "monte_carlo": {"kind": "swap", "every": 20, "attempts": 4},
        },
        "sampling": {"kind": "fps", "n_samples": 3, "descriptor": {"kind": "soap", "n_max": 2}},
    }
    seen = rehearse(PipelineConfig.model_validate(document))
    assert [size.n_atoms for size in seen.sizes] == [(8,) * 7, (32,) * 5]
    for pace in seen.paces:
        assert 0.0 < pace.evaluation_s < pace.step_s  # a step holds an evaluation, and more
        # of an atom: symbol, positions, momenta, forces, of 8 decimals each
        assert 9 * 10 < pace.frame_bytes < 9 * 40
    assert 0.0 < seen.build_s < seen.ready_s
    assert seen.describe_s > 0.0
    assert seen.descriptor_bytes > 0.0
    assert seen.memory_bytes > 50_000_000  # NumPy, SciPy, ASE and dscribe


def test_a_rehearsal_leaves_the_collection_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rehearsal, "BUDGET_S", 0.1)
    collection = str(tmp_path / "all.db")
    document = {
        "name": "rehearsed",
        "generation": [ALLOY | {"supercell": [2, 1, 1], "n_structures": 2}],
        "exploration": {"calculator": {"kind": "emt"}, "n_steps": 20},
        "sampling": {
            "kind": "fps",
            "n_samples": 3,
            "known": [collection],
            "descriptor": {"kind": "soap", "n_max": 2},
        },
        "storage": {"collection": collection},
    }
    rehearse(PipelineConfig.model_validate(document))
    assert not list(tmp_path.iterdir())
