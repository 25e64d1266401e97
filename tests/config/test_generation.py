"""A resolved config, with all its defaults, is what workers read again."""

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.faults import validate

ALLOY = {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 0.5, "Au": 0.5}}
OXIDE = {"kind": "ionic", "prototype": "rocksalt", "species": {"A": "Mg", "X": "O"}}
CASES = {
    "defaults": ALLOY,
    "by number of atoms": {**ALLOY, "n_atoms": 32},
    "by supercell": {**ALLOY, "supercell": [1, 2, 3]},
    "quasirandom": {**ALLOY, "order": "sqs", "sqs": {"n_steps": 100}},
    "ionic by number of atoms": {**OXIDE, "n_atoms": 32},
    "file by number of atoms": {"kind": "file", "path": "x.cif", "n_atoms": 32},
    "liquid": {"kind": "liquid", "counts": {"H2O": 4}, "density_g_cm3": 1.0},
    "liquid by volume": {"kind": "liquid", "composition": {"Cu": 1.0}, "n_atoms": 9},
    "random crystal": {"kind": "random_crystal", "formula": "TiO2", "space_group_range": [1, 9]},
    "molecule": {"kind": "molecule", "names": ["H2O"]},
    "slab": {"kind": "slab", "crystal": ALLOY, "miller": [1, 1, 1], "layers": 4},
    "transforms": {
        **ALLOY,
        "transforms": [
            {"kind": "strain", "mode": "hydrostatic", "amplitudes": [-0.02, 0.02]},
            {"kind": "supercell", "n_atoms": 64},
            {"kind": "vacancies", "fraction": 0.1},
            {"kind": "close_pair"},
        ],
    },
}


@pytest.mark.parametrize("case", CASES)
def test_a_resolved_config_reads_as_itself(case: str) -> None:
    document = {
        "name": "again",
        "generation": [CASES[case]],
        "exploration": {"calculator": {"kind": "emt"}},
    }
    config = validate(PipelineConfig, document)
    assert PipelineConfig.model_validate_json(config.model_dump_json()) == config
