"""Every kind has a commented example, which is valid and whose structures can be made."""

import re
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest
from ase.build import bulk
from ase.io import write
from typer.testing import CliRunner

from mlip_autopipec.cli.app import app
from mlip_autopipec.cli.init import Kind
from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.config.generation import ChecksConfig, GeneratorConfig
from mlip_autopipec.generators.factory import build_generators
from mlip_autopipec.pipeline.plan import make_plan

CONFIGS = get_args(get_args(GeneratorConfig)[0])


def test_every_kind_of_generator_has_an_example() -> None:
    kinds = {config.model_fields["kind"].default for config in CONFIGS}
    assert set(Kind) == kinds
    templates = (files("mlip_autopipec.cli") / "templates").iterdir()
    assert {template.name for template in templates} == {f"{kind}.yaml" for kind in kinds}


@pytest.mark.parametrize("kind", Kind)
def test_an_example_is_valid_and_its_structures_are_made(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "structures").mkdir()  # which the example of files reads
    write(tmp_path / "structures" / "cu.cif", bulk("Cu", cubic=True))
    write(tmp_path / "structures" / "salt.cif", bulk("NaCl", "rocksalt", a=5.64, cubic=True))
    printed = CliRunner().invoke(app, ["init", kind.value])
    assert printed.exit_code == 0
    assert sum("#" in line for line in printed.stdout.splitlines()) > 10  # it teaches
    Path("config.yaml").write_text(printed.stdout, encoding="utf-8")
    config = PipelineConfig.from_yaml("config.yaml")
    plan = make_plan(config)
    structures = [atoms for source in build_generators(config) for atoms in source.generate()]
    assert len(structures) == plan.n_structures
    assert kind.value in {atoms.info["generator"] for atoms in structures}


@pytest.mark.parametrize("kind", Kind)
def test_what_an_example_comments_out_is_known_to_the_config(kind: Kind) -> None:
    # a key that no config has would teach something wrong
    text = (files("mlip_autopipec.cli") / "templates" / f"{kind}.yaml").read_text(encoding="utf-8")
    known = set(ExplorationConfig.model_fields) | set(ChecksConfig.model_fields)
    for config in CONFIGS:
        if config.model_fields["kind"].default == kind:
            known |= set(config.model_fields)
    optional = re.findall(r"^ +# ([A-Za-z_]+): ", text, flags=re.MULTILINE)
    assert set(optional) <= known
    assert len(max(text.splitlines(), key=len)) <= 100
