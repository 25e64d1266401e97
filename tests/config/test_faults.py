"""Bad configs: every fault in one line, with path, what was given and what is allowed."""

from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "examples" / "cu-au.yaml"

FAULTS = {
    "exploration.timestep_fs=40.0": "exploration.timestep_fs: 40.0 is above 10 fs",
    "exploration.timestepfs=4": (
        "exploration.timestepfs: is not a known key; did you mean 'timestep_fs'?"
    ),
    "exploration.temperature_K=-5": "exploration.temperature_K: -5 is below 0 K",
    "exploration.temperature_K.strat=3": (
        "exploration.temperature_K.strat: is not a known key; did you mean 'start'?"
    ),
    "exploration.calculator.kind=foo": (
        "exploration.calculator: kind 'foo' is not one of 'sevennet', 'mace', 'emt', 'lj'"
    ),
    "exploration.calculator.modell=x": (
        "exploration.calculator.modell: is not a known key; did you mean 'model'?"
    ),
    "exploration.n_steps=many": "exploration.n_steps: 'many' should be a valid integer",
    "exploration.n_steps=0": "exploration.n_steps: 0 is below 1",
    "exploration.zbl.inner_scale=0.9": (
        "exploration.zbl: {enabled: true, inner_scale: 0.9, outer_scale: 0.7} "
        "inner_scale 0.9 should be below outer_scale 0.7"
    ),
    "exploration.zbl.pairs={Cu-Xx: {inner_A: 1, outer_A: 2}}": (
        "exploration.zbl.pairs: {Cu-Xx: {inner_A: 1, outer_A: 2}} "
        "'Cu-Xx' is not a pair of elements such as 'Cu-Au'"
    ),
    "generation=[]": "generation: has 0 items; at least 1 are needed",
    "generation.0.composition={Cu: 0.5, Au: 0.4}": (
        "generation[0].composition: {Cu: 0.5, Au: 0.4} sums to 0.9; the fractions should sum to 1"
    ),
    "generation.0.composition={Cx: 1.0}": (
        "generation[0].composition.Cx: 'Cx' is not a chemical element; use a symbol such as 'C'"
    ),
    "generation.0.supercell=[2, 2]": "generation[0].supercell: [2, 2] has too few items",
    "generation.0.transforms.0.kind=foo": None,
    "name=null": "name: None should be a valid string",
    "name=a/b": ("name: 'a/b' does not match ^[A-Za-z0-9][A-Za-z0-9._-]*$"),
    "seed=-1": "seed: -1 is below 0",
    "sampling.n_samples=yes": "sampling.n_samples: True should be a valid integer",
    "storage.database=../other.db": (
        "storage.database: '../other.db' should be a plain file name, without a folder"
    ),
    "storage.collection=all.txt": (
        "storage.collection: 'all.txt' should end in .db, or be the URL of a PostgreSQL database"
    ),
    "storage.collection=postgresql://me:secret@host/all": (
        "storage.collection: 'postgresql://me:***@host/all' holds a password; leave it out of the "
        "URL and put it into ~/.pgpass"
    ),
    "execution.cluster.n_workers=many": (
        "execution.cluster.n_workers: 'many' should be a valid integer; allowed too: 'auto'"
    ),
    "execution.cluster.n_workers=1025": (
        "execution.cluster.n_workers: 1025 is above 1024; allowed too: 'auto'"
    ),
    "execution.cluster.n_workers=0": (
        "execution.cluster.n_workers: 0 is below 1; allowed too: 'auto'"
    ),
    "exploration.pressure_GPa=.nan": "exploration.pressure_GPa: nan is not a finite number",
    "exploration.timestep_fs=true": (
        "exploration.timestep_fs: True should be a number, not true or false"
    ),
}


@pytest.mark.parametrize(("override", "line"), FAULTS.items())
def test_one_line_a_fault(override: str, line: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        PipelineConfig.from_yaml(EXAMPLE, (override,))
    assert len(caught.value.faults) == 1
    if line is not None:
        assert caught.value.faults[0] == line


def test_all_faults_are_reported_at_once() -> None:
    overrides = ("exploration.timestep_fs=40", "seed=-1", "generation.0.lattice=cubic")
    with pytest.raises(ConfigError) as caught:
        PipelineConfig.from_yaml(EXAMPLE, overrides)
    assert [line.split(":")[0] for line in caught.value.faults] == [
        "seed",
        "generation[0].lattice",
        "exploration.timestep_fs",
    ]


def test_unknown_key_far_from_all_lists_what_is_known() -> None:
    with pytest.raises(ConfigError, match=r"known here: .*pairs") as caught:
        PipelineConfig.from_yaml(EXAMPLE, ("exploration.zbl.frobnicate=1",))
    assert len(caught.value.faults) == 1


def test_labels_given_twice_are_refused() -> None:
    generator = "{kind: alloy, label: a, lattice: fcc, composition: {Cu: 1}}"
    with pytest.raises(ConfigError, match="label 'a' is given twice"):
        PipelineConfig.from_yaml(EXAMPLE, (f"generation=[{generator}, {generator}]",))


def test_labels_of_one_kind_are_numbered() -> None:
    generator = "{kind: alloy, lattice: fcc, composition: {Cu: 1}}"
    named = "{kind: alloy, label: alloy_2, lattice: fcc, composition: {Cu: 1}}"
    overrides = (f"generation=[{generator}, {named}, {generator}]",)
    config = PipelineConfig.from_yaml(EXAMPLE, overrides)
    assert config.labels == ("alloy", "alloy_2", "alloy_3")
