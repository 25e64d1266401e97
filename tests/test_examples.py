"""The examples are valid, make what they say, and run: here in short, on Lennard-Jones or EMT."""

from collections import Counter
from pathlib import Path

import pytest
from ase.calculators.emt import EMT

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.generators.factory import build_generators
from mlip_autopipec.pipeline.runner import PipelineRunner

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
MADE = {  # structures by generator, and the number of atoms of each
    "crmnfeconi": {"alloy": [32] * 6},
    "cu-au": {"alloy": [32] * 4},
    "cu-au-potential": {
        "strained": [32] * 10,
        "volumes": [32] * 10,
        "cu3au": [32] * 2,
        "cuau": [32] * 2,
    },
    "cu111": {"slab": [45] * 4, "bulk": [32] * 2},
    "mgo-schottky": {"perfect": [64] * 2, "schottky": [62] * 4},
    "my-files": {"file": [40, 32, 40, 36, 40] * 2},
    "nacl-liquid": {"liquid": [64] * 4},
    "pt-cluster": {"icosahedron": [55] * 2, "octahedron": [38] * 2, "wulff": [55] * 2},
    "srtio3": {"perfect": [40] * 4, "schottky": [35] * 2},
}
SHORT = (
    "exploration.n_steps=4",
    "exploration.save_every=2",
    "exploration.monte_carlo=null",
    "sampling={kind: random, n_samples: 5}",
)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_makes_what_it_says(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    config = PipelineConfig.from_yaml(path)
    assert config.name == path.stem
    made = {}
    for source in build_generators(config):
        if source.needs_potential:
            source.use_potential(EMT())
        made[source.label] = [len(atoms) for atoms in source.generate()]
    assert made == MADE[path.stem]


def test_ferropericlase_of_the_users_files_is_occupied_in_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    (source,) = build_generators(PipelineConfig.from_yaml("examples/my-files.yaml"))
    formulas = Counter(atoms.get_chemical_formula("metal") for atoms in source.generate())
    mixed = [formula for formula in formulas if "Fe" in formula]
    assert len(mixed) == 1
    assert formulas[mixed[0]] == 2


@pytest.mark.parametrize("name", ["cu111", "pt-cluster"])
def test_an_example_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    changes = (*SHORT, "exploration.calculator={kind: emt}")
    config = PipelineConfig.from_yaml(f"examples/{name}.yaml", changes)
    summary = PipelineRunner(config, tmp_path / "run").run()
    assert (summary.n_generated, summary.n_failed, summary.n_selected) == (6, 0, 5)
    assert summary.rejections == {}
