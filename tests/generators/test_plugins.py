"""A generator from somebody else's package, installed and used from a config file."""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import ConfigError
from mlip_autopipec.generators.factory import build_generators
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.structures.extxyz import read_frames

UV = shutil.which("uv")

MODULE = '''
from typing import Literal

import numpy as np
from ase import Atoms
from pydantic import Field

from mlip_autopipec.config.base import Count, Positive
from mlip_autopipec.config.generation import GeneratorBaseConfig
from mlip_autopipec.generators.base import BaseStructureGenerator


class ChainConfig(GeneratorBaseConfig):
    """Chains of gold."""

    kind: Literal["gold_chain"] = "gold_chain"
    length: Count = Field(description="Number of atoms.")
    spacing_A: Positive = Field(2.6, description="Distance of neighbours, in Å.")


class ChainGenerator(BaseStructureGenerator[ChainConfig]):
    """Chains of gold, wound at random."""

    config_type = ChainConfig

    @property
    def detail(self) -> str:
        """Length and spacing."""
        return f"{self.config.length} atoms, {self.config.spacing_A:g} Å apart"

    def build(self, index: int, rng: np.random.Generator) -> Atoms:
        """Return one chain."""
        positions = np.zeros((self.config.length, 3))
        positions[:, 2] = self.config.spacing_A * np.arange(self.config.length)
        positions[:, :2] = rng.normal(scale=0.1, size=(self.config.length, 2))
        return Atoms(f"Au{self.config.length}", positions=positions)
'''
CONFIG = """
name: chains
seed: 3
generation:
  - {kind: gold_chain, length: 4, n_structures: 2, transforms: [{kind: rattle, stdev_A: 0.02}]}
  - {kind: alloy, lattice: fcc, composition: {Cu: 1.0}, supercell: [1, 1, 1]}
exploration:
  calculator: {kind: emt}
  n_steps: 4
  save_every: 2
sampling: {kind: random, n_samples: 3}
"""


def wheel(folder: Path, version: str, module: str = MODULE) -> Path:
    """Write a wheel as a build tool would; none is needed, so neither is a network."""
    info = f"gold_chains-{version}.dist-info"
    files = {
        "gold_chains.py": module,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: gold-chains\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
        f"{info}/entry_points.txt": "[mlip_autopipec.generators]\n"
        "gold_chain = gold_chains:ChainGenerator\n",
    }
    record = ""
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record += f"{name},sha256={digest.decode()},{len(text.encode())}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    path = folder / f"gold_chains-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def install(folder: Path, version: str = "1.0", module: str = MODULE) -> Path:
    """Install the package into a folder of its own."""
    target = folder / f"site-{version}"
    subprocess.run(
        [
            *(str(UV), "pip", "install", "--quiet", "--offline", "--no-index", "--no-deps"),
            *("--python", sys.executable, "--target", target, wheel(folder, version, module)),
        ],
        check=True,
    )
    return target


pytestmark = pytest.mark.skipif(UV is None, reason="uv installs the package; pip install uv")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    target = install(tmp_path)
    monkeypatch.syspath_prepend(target)
    monkeypatch.delitem(sys.modules, "gold_chains", raising=False)
    return target


def config(folder: Path, text: str = CONFIG) -> PipelineConfig:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return PipelineConfig.from_yaml(path)


@pytest.mark.usefixtures("installed")
def test_its_structures_are_generated_explored_and_stored(tmp_path: Path) -> None:
    runner = PipelineRunner(config(tmp_path), tmp_path / "run")
    summary = runner.run()
    assert (summary.n_generated, summary.n_failed, summary.n_selected) == (3, 0, 3)
    frames = list(read_frames(runner.directory.initial_structures))
    assert [frame.info["structure_id"] for frame in frames] == [
        "gold_chain-0000",
        "gold_chain-0001",
        "alloy-0000",
    ]
    assert [frame.info["generator"] for frame in frames[:2]] == ["gold_chain"] * 2
    # what a worker takes up is the same run
    assert PipelineRunner.open(tmp_path / "run").config == runner.config
    assert PipelineRunner.open(tmp_path / "run").generate_key() == runner.generate_key()


@pytest.mark.usefixtures("installed")
def test_its_config_is_as_strict_as_any(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config(tmp_path, CONFIG.replace("length: 4", "length: 0, spacing: 2.0"))
    assert caught.value.faults == (
        "generation[0].length: 0 is below 1",
        "generation[0].spacing: is not a known key; did you mean 'spacing_A'?",
    )
    with pytest.raises(ConfigError, match=r"kind 'gold_chian' is not one of .*'gold_chain'"):
        config(tmp_path, CONFIG.replace("kind: gold_chain", "kind: gold_chian"))


@pytest.mark.usefixtures("installed")
def test_its_plan_is_shown_like_any_other(tmp_path: Path) -> None:
    plan = build_generators(config(tmp_path))[0].plan()
    assert (plan.label, plan.n_structures, plan.n_atoms) == ("gold_chain", 2, 4)
    assert plan.detail == "4 atoms, 2.6 Å apart"


def test_the_command_finds_it_on_the_path(tmp_path: Path) -> None:
    target = install(tmp_path)
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).parent / "mlip-autopipe", "validate", "config.yaml"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(target), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "gold_chain" in done.stdout


def test_another_version_is_another_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = set()
    for version in ("1.0", "1.1"):
        with monkeypatch.context() as patch:
            patch.syspath_prepend(install(tmp_path, version))
            patch.delitem(sys.modules, "gold_chains", raising=False)
            keys.add(PipelineRunner(config(tmp_path), tmp_path / "run").generate_key())
    assert len(keys) == 2


def test_what_cannot_be_loaded_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(install(tmp_path, "2.0", "import no_such_library"))
    monkeypatch.delitem(sys.modules, "gold_chains", raising=False)
    with pytest.raises(ConfigError) as caught:
        config(tmp_path)
    assert str(caught.value) == (
        "generation: kind 'gold_chain' cannot be loaded from gold_chains:ChainGenerator "
        "(gold-chains 2.0) (ModuleNotFoundError: No module named 'no_such_library')"
    )


def test_a_class_without_a_config_model_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(install(tmp_path, "2.1", "class ChainGenerator: ..."))
    monkeypatch.delitem(sys.modules, "gold_chains", raising=False)
    with pytest.raises(ConfigError, match="names no config model as config_type"):
        config(tmp_path)


def test_without_the_package_the_kind_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"generation\[0\]: kind 'gold_chain' is not one of"):
        config(tmp_path)
