"""Every kind is built from its config, and what is missing is said in one line."""

import logging
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones

from mlip_autopipec.calculators import factory, mace, model_file
from mlip_autopipec.calculators.factory import (
    build_calculator,
    build_zbl,
    check_elements,
    double_counting,
    supported_elements,
)
from mlip_autopipec.config.calculator import MACEConfig, SevenNetConfig, ZBLConfig
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.errors import CalculatorError

DATA = Path(__file__).parents[1] / "data"
OLD_MACE = DATA / "mace_e3nn_0_4_4.model"


def exploration(calculator: dict[str, Any], **more: dict[str, Any]) -> ExplorationConfig:
    return ExplorationConfig.model_validate({"calculator": calculator, **more})


def message_of(config: dict[str, Any]) -> str:
    with pytest.raises(CalculatorError) as caught:
        build_calculator(exploration(config))
    return str(caught.value)


def test_builds_emt_with_zbl() -> None:
    calculator = build_calculator(exploration({"kind": "emt"}))
    assert isinstance(calculator.mlip, EMT)
    assert calculator.zbl is not None
    assert build_calculator(exploration({"kind": "emt"}, zbl={"enabled": False})).zbl is None


def test_builds_lennard_jones_as_configured() -> None:
    config = {"kind": "lj", "epsilon_eV": 0.02, "sigma_A": 3.0, "cutoff_A": 9.0}
    calculator = build_calculator(exploration(config))
    assert isinstance(calculator.mlip, LennardJones)
    atoms = Atoms("Ar2", positions=[[0, 0, 0], [0, 0, 2 ** (1 / 6) * 3.0]], calculator=calculator)
    # inside 0.8 of the cutoff the potential is neither shifted nor switched: its minimum is -ε
    assert atoms.get_potential_energy() == pytest.approx(-0.02, rel=1e-12)
    near_cutoff = []
    for gap_A in (2e-3, 1e-3):
        atoms.positions[1, 2] = 9.0 - gap_A
        near_cutoff.append(atoms.get_forces()[0, 2])
    assert near_cutoff[1] == pytest.approx(near_cutoff[0] / 2, rel=1e-2)  # goes to zero with it


def test_zbl_takes_its_radii_from_the_config() -> None:
    assert build_zbl(ZBLConfig(inner_scale=0.4, outer_scale=0.6)).radii("Cu", "Cu") == (
        pytest.approx(0.4 * 2.64),
        pytest.approx(0.6 * 2.64),
    )
    pairs = {"Cu-Au": {"inner_A": 0.8, "outer_A": 1.5}}
    zbl = build_zbl(ZBLConfig.model_validate({"inner_A": 1.0, "outer_A": 2.0, "pairs": pairs}))
    assert zbl.radii("Cu", "Cu") == (1.0, 2.0)
    assert zbl.radii("Au", "Cu") == (0.8, 1.5)


def test_elements_are_known_without_importing_torch() -> None:
    code = f"""
import sys
from mlip_autopipec.calculators.factory import supported_elements
from mlip_autopipec.calculators.identity import model_identity
from mlip_autopipec.config.calculator import EMTConfig, LJConfig, MACEConfig, SevenNetConfig
sevennet, mace = SevenNetConfig(), MACEConfig(model={str(OLD_MACE)!r})
assert len(supported_elements(sevennet)) == 89
assert {{"Cu", "Au", "O", "Pu"}} <= supported_elements(sevennet)
assert supported_elements(mace) == {{"Cu", "Au"}}
assert supported_elements(LJConfig()) is None
assert "Cu" in supported_elements(EMTConfig())
for config in (sevennet, mace, LJConfig(), EMTConfig()):
    model_identity(config)
assert not {{"torch", "sevenn", "mace", "e3nn"}} & set(sys.modules), "imported"
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_building_emt_imports_no_model_package() -> None:
    code = """
import sys
from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.config.exploration import ExplorationConfig
build_calculator(ExplorationConfig(calculator={"kind": "emt"}))
assert not {"torch", "sevenn", "mace", "e3nn"} & set(sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_says_which_elements_are_not_known() -> None:
    config = exploration({"kind": "emt"}).calculator
    check_elements(config, ["Cu", "Au"])
    with pytest.raises(CalculatorError) as caught:
        check_elements(config, ["W", "Cu", "Fe"])
    assert str(caught.value) == (
        "exploration.calculator: emt does not know Fe, W; "
        "it knows Ag, Al, Au, C, Cu, H, N, Ni, O, Pd, Pt"
    )
    with pytest.raises(CalculatorError, match=r"sevennet does not know Po; it knows Ac, Ag, Al, "):
        check_elements(SevenNetConfig(), ["Cu", "Po"])
    check_elements(exploration({"kind": "lj"}).calculator, ["Po"])


@pytest.mark.parametrize(
    ("config", "package", "extra"),
    [
        ({"kind": "sevennet"}, "sevenn", "sevenn"),
        ({"kind": "mace", "model": "some.model"}, "mace", "mace"),
    ],
)
def test_says_which_package_to_install(
    config: dict[str, Any], package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_file.importlib.util, "find_spec", lambda _name: None)
    assert message_of(config) == (
        f"exploration.calculator: needs the package {package}; "
        f"install it with: pip install 'mlip-autopipe[{extra}]'"
    )


def test_says_which_models_seven_net_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert message_of({"kind": "sevennet", "model": "7net-omni"}) == (
        f"exploration.calculator.model: '7net-omni' is neither a file (looked in {tmp_path}) nor a "
        "model that SevenNet's wheel ships (7net-0, 7net-0_11jul2024, 7net-0_22may2024, 7net-l3i5, "
        "7net-mf-0); download the checkpoint and give its path"
    )


def test_finds_a_model_that_seven_net_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factory.sevennet, "CACHE", str(tmp_path))
    path = tmp_path / "SevenNet_omni" / "checkpoint_sevennet_omni.pth"
    path.parent.mkdir()
    path.write_bytes(factory.sevennet.model_path(SevenNetConfig()).read_bytes())
    assert factory.sevennet.model_path(SevenNetConfig(model="SevenNet-omni")) == path


def test_says_where_a_mace_model_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert message_of({"kind": "mace", "model": "models/mine.model"}) == (
        f"exploration.calculator.model: there is no file 'models/mine.model' (looked in {tmp_path})"
        "; give the path of a .model file"
    )


@pytest.mark.parametrize("kind", ["sevennet", "mace"])
def test_says_that_a_file_is_no_model(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.model"
    path.write_text("not a model", encoding="utf-8")
    expected = f"exploration.calculator.model: {path} is not a file made by torch.save"
    assert message_of({"kind": kind, "model": str(path)}) == expected


def test_says_that_a_file_is_another_kind_of_model() -> None:
    assert message_of({"kind": "sevennet", "model": str(OLD_MACE)}) == (
        f"exploration.calculator.model: {OLD_MACE} is not a SevenNet checkpoint"
    )
    checkpoint = factory.sevennet.model_path(SevenNetConfig())
    assert message_of({"kind": "mace", "model": str(checkpoint)}) == (
        f"exploration.calculator.model: {checkpoint} is not a MACE model"
    )


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"model": "7net-mf-0"},
            "exploration.calculator.modal: is needed; choose one of R2SCAN, PBE",
        ),
        (
            {"model": "7net-mf-0", "modal": "LDA"},
            "exploration.calculator.modal: 'LDA' is not known; choose one of R2SCAN, PBE",
        ),
        (
            {"model": "7net-0", "modal": "PBE"},
            "exploration.calculator.modal: 'PBE' is not known; the model has none; leave it out",
        ),
    ],
)
def test_says_which_modalities_there_are(config: dict[str, Any], message: str) -> None:
    assert message_of({"kind": "sevennet", **config}) == message


@pytest.mark.model
def test_says_that_there_is_no_gpu() -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    message = message_of({"kind": "sevennet", "device": "cuda"})
    assert message.startswith("exploration.calculator.device: cuda was asked for, but torch is ")
    assert message.endswith("; use auto or cpu")


@pytest.mark.model
def test_a_mace_model_runs_and_leaves_torch_as_it_was(mace_model_path: Path) -> None:
    import torch  # noqa: PLC0415 - collecting the tests should not import torch

    config = exploration({"kind": "mace", "model": str(mace_model_path), "threads": 1})
    dtype = torch.get_default_dtype()
    atoms = bulk("Cu", cubic=True)
    atoms.symbols[0] = "Au"
    atoms.rattle(0.1, seed=1)
    atoms.calc = build_calculator(config)
    assert atoms.get_forces().shape == (4, 3)
    assert np.abs(atoms.get_forces()).max() > 0.01
    assert atoms.get_stress().shape == (6,)
    assert torch.get_default_dtype() == dtype
    assert torch.get_num_threads() == 1
    assert supported_elements(config.calculator) == {"Cu", "Au"}


@pytest.mark.model
def test_warns_when_zbl_is_added_to_a_model_with_a_repulsion_of_its_own(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "repulsive.model"
    runpy.run_path(str(DATA / "tiny_mace.py"))["save_tiny_mace"](path, pair_repulsion=True)
    config = {"kind": "mace", "model": str(path)}
    with caplog.at_level(logging.WARNING):
        build_calculator(exploration(config))
    expected = (
        f"exploration.zbl: {path} has a repulsion of pairs of its own, so that close pairs are "
        "repelled twice; set exploration.zbl.enabled to false to leave it to the model"
    )
    assert caplog.messages == [expected]
    assert double_counting(exploration(config, zbl={"enabled": False})) is None
    assert double_counting(exploration({"kind": "mace", "model": str(OLD_MACE)})) is None
    assert double_counting(exploration({"kind": "emt"})) is None


@pytest.mark.model
def test_says_which_named_models_mace_knows() -> None:
    message = message_of({"kind": "mace", "model": "mace-mp:huge"})
    assert message.startswith("exploration.calculator.model: 'mace-mp:huge' is not a model that")
    assert "mace-mp:small, mace-mp:medium, mace-mp:large" in message


@pytest.mark.model
def test_says_to_give_a_path_when_a_named_model_cannot_be_downloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mace.calculators import foundations_models  # noqa: PLC0415 - imports torch

    def no_network(*_: object) -> None:
        reason = "Network is unreachable"
        raise OSError(reason)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(foundations_models.urllib.request, "urlopen", no_network)
    monkeypatch.setattr(foundations_models, "_urlretrieve_with_timeout", no_network)
    assert message_of({"kind": "mace", "model": "mace-mp:medium"}) == (
        "exploration.calculator.model: 'mace-mp:medium' is not in MACE's cache and cannot be "
        "downloaded (Network is unreachable); put the .model file on this machine and give its path"
    )


@pytest.mark.model
def test_says_why_a_model_of_another_e3nn_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch  # noqa: PLC0415 - collecting the tests should not import torch

    def fail(*_: object, **__: object) -> None:
        reason = "Can't get attribute 'LinearSlices' on <module 'e3nn.o3._linear'>\nmore"
        raise AttributeError(reason)  # what e3nn 0.5.1 says of a file saved under 0.6.0

    monkeypatch.setattr(torch, "load", fail)
    message = message_of({"kind": "mace", "model": str(OLD_MACE)})
    assert message.startswith(
        f"exploration.calculator.model: {OLD_MACE} cannot be unpickled under mace-torch "
    )
    assert message.endswith(
        "(Can't get attribute 'LinearSlices' on <module 'e3nn.o3._linear'>); a model saved under "
        "e3nn 0.6 has to be saved again under e3nn 0.4.4 or 0.5.1"
    )


def test_a_head_has_to_be_one_of_the_models() -> None:
    assert message_of({"kind": "mace", "model": str(OLD_MACE), "head": "omol"}) == (
        "exploration.calculator.head: 'omol' is not known; choose one of Default"
    )
    with pytest.raises(CalculatorError, match="head: is needed; choose one of pbe, r2scan"):
        mace._check_head(MACEConfig(model="any"), ["pbe", "r2scan"])
