"""A result can be traced to the bytes of its model."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import pytest

from mlip_autopipec.calculators import identity
from mlip_autopipec.calculators.identity import ModelIdentity, check_unchanged, model_identity
from mlip_autopipec.config.calculator import EMTConfig, LJConfig, MACEConfig, SevenNetConfig
from mlip_autopipec.errors import CalculatorError

OLD_MACE = Path(__file__).parents[1] / "data" / "mace_e3nn_0_4_4.model"


def test_names_the_file_by_its_hash() -> None:
    found = model_identity(MACEConfig(model=str(OLD_MACE)))
    assert found == ModelIdentity(
        kind="mace",
        model=str(OLD_MACE),
        sha256=hashlib.sha256(OLD_MACE.read_bytes()).hexdigest(),
        package="mace-torch",
        version=version("mace-torch"),
    )
    assert ModelIdentity.model_validate(json.loads(found.model_dump_json())) == found


def test_finds_the_checkpoint_in_the_wheel() -> None:
    found = model_identity(SevenNetConfig(model="7net-0"))
    same = model_identity(SevenNetConfig(model="SevenNet-0_11Jul2024"))
    other = model_identity(SevenNetConfig(model="7net-l3i5"))
    assert (found.kind, found.model, found.package) == ("sevennet", "7net-0", "sevenn")
    assert found.sha256 is not None
    assert found.sha256 == same.sha256 != other.sha256


@pytest.mark.parametrize("config", [EMTConfig(), LJConfig()])
def test_a_potential_without_a_file_has_its_packages_version(config: EMTConfig | LJConfig) -> None:
    found = model_identity(config)
    assert found.sha256 is None
    assert (found.kind, found.model) == (config.kind, config.kind)
    assert (found.package, found.version) == ("ase", version("ase"))


def test_says_which_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise identity.PackageNotFoundError(name)

    monkeypatch.setattr(identity, "version", missing)
    with pytest.raises(CalculatorError, match="needs the package sevenn; install it with: pip"):
        model_identity(SevenNetConfig())


def test_a_model_that_is_another_than_at_the_start_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    path.write_bytes(OLD_MACE.read_bytes())
    config = MACEConfig(model=str(path))
    begun_with = model_identity(config)
    check_unchanged(config, begun_with)
    path.write_bytes(b"not the same")
    changed = (
        rf"^exploration\.calculator: {path} has changed since the run began \(sha256 [0-9a-f]{{12}}"
        r"… then, [0-9a-f]{12}… now\); run again to begin with this one$"
    )
    with pytest.raises(CalculatorError, match=changed):
        check_unchanged(config, begun_with)


def test_another_version_of_the_package_on_a_worker_is_refused() -> None:
    begun_with = model_identity(EMTConfig()).model_copy(update={"version": "3.0"})
    message = rf"^exploration\.calculator: emt would be evaluated by ase {version('ase')}, and the "
    with pytest.raises(CalculatorError, match=message + r"run began with ase 3\.0; run again"):
        check_unchanged(EMTConfig(), begun_with)
