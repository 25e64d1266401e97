"""The metadata of a dataset."""

import json

from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.storage.provenance import dataset_metadata, label_statement

CONFIG = PipelineConfig.model_validate(
    {
        "name": "cu-au",
        "seed": 42,
        "generation": [{"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 0.5, "Au": 0.5}}],
        "exploration": {"calculator": {"kind": "emt"}},
    }
)
MODEL = {"kind": "emt", "model": "emt", "sha256": None, "package": "ase", "version": "3.29.0"}


def test_metadata_is_complete_and_json() -> None:
    metadata = dataset_metadata(CONFIG, MODEL)
    assert json.loads(json.dumps(metadata, allow_nan=False)) == metadata
    assert metadata["seed"] == 42
    assert metadata["model"] == MODEL
    assert PipelineConfig.model_validate(metadata["config"]) == CONFIG
    assert {"ase", "numpy", "dscribe", "mlip-autopipe"} <= set(metadata["versions"])


def test_labels_are_called_what_they_are() -> None:
    assert label_statement(MODEL) == (
        "energies, forces and stresses are those of the potential emt; they are not DFT results"
    )
    named = {"kind": "sevennet", "model": "7net-0", "sha256": "ab12"}
    assert label_statement(named) == (
        "energies, forces and stresses are those of the potential sevennet 7net-0, "
        "SHA-256 ab12; they are not DFT results"
    )
