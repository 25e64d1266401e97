"""The whole way from descriptions on disk to the chosen frames."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.sampling import (
    CURSamplerConfig,
    DirectSamplerConfig,
    FarthestPointSamplerConfig,
    RandomSamplerConfig,
    SamplerBaseConfig,
    SamplingConfig,
    SOAPConfig,
)
from mlip_autopipec.descriptors.soap import SOAPDescriptor
from mlip_autopipec.errors import SamplingError
from mlip_autopipec.sampling.choice import Material, choose_frames
from mlip_autopipec.sampling.description import Description
from mlip_autopipec.sampling.factory import build_sampler
from mlip_autopipec.sampling.frames import FrameTable
from mlip_autopipec.sampling.gathering import gather
from mlip_autopipec.sampling.standardisation import Standardisation

MakeTable = Callable[..., FrameTable]
SOAP = SOAPConfig(r_cut_A=4.0, n_max=3, l_max=2)


@pytest.fixture(scope="module")
def described(
    trajectories: list[list[Atoms]], tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """Descriptions of two trajectories, on disk."""
    folder = tmp_path_factory.mktemp("described")
    descriptor = SOAPDescriptor(SOAP, ["Cu", "Au"])
    paths = []
    for number, frames in enumerate(trajectories):
        path = folder / f"{number}.npz"
        Description.of(iter(frames), descriptor, environments=True).save(path)
        paths.append(path)
    return paths


@pytest.fixture
def material(described: list[Path], tmp_path: Path) -> Material:
    return gather(described, [], tmp_path)


def choose(material: Material, config: SamplingConfig, seed: int = 0) -> list[int]:
    return choose_frames(material, config, np.random.default_rng(seed)).indices.tolist()


def test_gathered_points_are_those_standardised_at_once(
    material: Material, trajectories: list[list[Atoms]]
) -> None:
    descriptor = SOAPDescriptor(SOAP, ["Cu", "Au"])
    raw = descriptor.describe(frame for frames in trajectories for frame in frames)
    expected = Standardisation.of(raw).applied(raw)
    assert isinstance(material.points, np.memmap)
    # Blocks add up in another order: double precision, then rounded to single.
    assert np.allclose(material.points, expected, atol=1e-6)
    assert material.environments is not None
    assert material.environments.starts.tolist() == list(range(0, 4 * 45 + 1, 4))
    assert len(material.table) == 45


def test_without_quotas_it_is_the_plain_sampler(
    material: Material, trajectories: list[list[Atoms]]
) -> None:
    config = FarthestPointSamplerConfig(n_samples=12, descriptor=SOAP, equilibrium_share=0.0)
    descriptor = SOAPDescriptor(SOAP, ["Cu", "Au"])
    raw = descriptor.describe(frame for frames in trajectories for frame in frames)
    plain = build_sampler(config).select(raw, 45, np.random.default_rng(0))
    assert choose(material, config) == plain.indices.tolist()


def test_the_report_is_json(material: Material) -> None:
    config = FarthestPointSamplerConfig(n_samples=60, descriptor=SOAP, equilibrium_share=0.0)
    choice = choose_frames(material, config, np.random.default_rng(0))
    report = choice.report
    assert json.loads(json.dumps(report, allow_nan=False)) == report
    assert report["n_frames"] == report["n_candidates"] == report["n_chosen"] == 45
    assert report["notes"] == ["60 frames were asked for and there are 45: all are kept"]
    assert set(report["correlation"]) == {"alloy-0001", "alloy-0002"}
    assert report["known"] is None
    space = report["evidence"]["map"]
    assert space["chosen"] == choice.indices.tolist()
    assert space["chosen_temperature_K"] == [
        300.0 if index < 20 else 900.0 for index in choice.indices
    ]
    for key in ("coordinates", "structure_id", "generator", "step", "energy_eV_atom"):
        assert len(space[key]) == len(space["frames"]) == 45
    assert space["known_coordinates"] == []
    assert choice.distances is not None
    assert choice.distances[0] == np.inf


@pytest.mark.parametrize("compare", ["structures", "environments"])
def test_known_frames_are_not_chosen_again(
    compare: str, described: list[Path], tmp_path: Path
) -> None:
    """With the first trajectory known, it is the second that is chosen from, where it is new."""
    config = FarthestPointSamplerConfig.model_validate(
        {"n_samples": 10, "descriptor": SOAP.model_dump(), "compare": compare}
    )
    material = gather(described, [described[0]], tmp_path)
    assert len(material.known) == 20
    choice = choose_frames(material, config, np.random.default_rng(0))
    assert min(choice.indices) >= 20
    assert max(choice.indices) < 45
    known = choice.report["known"]
    assert known["n_known"] == 20
    assert 0 < known["n_new"] <= 25
    shown = choice.report["evidence"]
    assert len(shown["map"]["known_coordinates"]) == 20
    if compare == "structures":
        assert shown["environments"] is None
    else:
        assert shown["environments"]["coverage"]["sizes"][-1] == 10
        assert shown["environments"]["coverage"] != shown["coverage"]


def test_by_default_the_common_gets_its_share(make_table: MakeTable) -> None:
    """Four outliers per generator would take all eight places of a plain selection."""
    rng = np.random.default_rng(0)
    points = rng.normal(scale=0.01, size=(400, 3)).astype(np.float32)
    points[:4] += 10.0 * rng.normal(size=(4, 3)).astype(np.float32)
    points[4:8] -= 20.0 * rng.normal(size=(4, 3)).astype(np.float32)
    generator = ["slab"] * 8 + ["alloy"] * 392
    table = make_table(400, generator=generator, structure_id=generator)
    config = FarthestPointSamplerConfig(n_samples=10)
    choice = choose_frames(Material(table, points), config, np.random.default_rng(0))
    # One at random, and half of the other nine, rounded to even: two of each generator.
    assert choice.report["quotas"] == {
        "equilibrium": 1,
        "strata": {"alloy | Cu": 2, "slab | Cu": 2},
    }
    assert len(set(choice.indices.tolist())) == 10
    assert sum(index >= 8 for index in choice.indices) >= 2


@pytest.mark.parametrize(
    "config",
    [RandomSamplerConfig, FarthestPointSamplerConfig, DirectSamplerConfig, CURSamplerConfig],
)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_frames=st.integers(1, 60), n_known=st.integers(0, 20))
def test_rounds_together_choose_each_frame_once(
    make_table: MakeTable, config: type[SamplerBaseConfig], seed: int, n_frames: int, n_known: int
) -> None:
    """Whatever the quotas and the known frames: the size, no frame twice, the same again."""
    rng = np.random.default_rng(seed)
    generator = rng.choice(["alloy", "slab", "cluster"], n_frames).tolist()
    table = make_table(n_frames, generator=generator, structure_id=generator)
    points = rng.normal(size=(n_frames + n_known, 4)).astype(np.float32)
    chosen = config.model_validate(
        {
            "n_samples": int(rng.integers(1, 80)),
            "equilibrium_share": float(rng.uniform()),
            "strata": {"by": ["generator"], "share": float(rng.uniform())},
        }
    )
    choice = choose_frames(Material(table, points), chosen, np.random.default_rng(seed))
    assert len(choice.indices) == len(set(choice.indices.tolist())) == choice.report["n_chosen"]
    assert len(choice.indices) == min(chosen.n_samples, n_frames)
    assert set(choice.indices.tolist()) <= set(range(n_frames))
    again = choose_frames(Material(table, points), chosen, np.random.default_rng(seed))
    assert again.indices.tolist() == choice.indices.tolist()


def test_a_frame_is_not_chosen_twice_by_default(make_table: MakeTable) -> None:
    points = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)
    twice = np.concatenate([points, points + np.float32(1e-5)])
    config = FarthestPointSamplerConfig(n_samples=40)
    choice = choose_frames(Material(make_table(40), twice), config, np.random.default_rng(0))
    assert choice.report["rejected"] == {"duplicate": 20}
    assert len({index % 20 for index in choice.indices.tolist()}) == 20


def test_known_frames_are_rejected_as_duplicates(described: list[Path], tmp_path: Path) -> None:
    config = FarthestPointSamplerConfig.model_validate(
        {"n_samples": 40, "descriptor": SOAP.model_dump()}
    )
    choice = choose_frames(
        gather(described, [described[0]], tmp_path), config, np.random.default_rng(0)
    )
    assert choice.report["rejected"] == {"known": 20}
    assert sorted(choice.indices) == list(range(20, 45))


def test_no_stratum_is_starved(material: Material) -> None:
    config = FarthestPointSamplerConfig.model_validate(
        {
            "n_samples": 20,
            "descriptor": SOAP.model_dump(),
            "strata": {"by": ["temperature"], "share": 1.0, "temperature_bins": 2},
            "equilibrium_share": 0.0,
        }
    )
    choice = choose_frames(material, config, np.random.default_rng(0))
    assert choice.report["quotas"]["strata"] == {"300-600 K": 10, "600-900 K": 10}
    assert sum(index < 20 for index in choice.indices) == 10


def test_a_share_is_drawn_at_random(material: Material) -> None:
    config = FarthestPointSamplerConfig(n_samples=20, descriptor=SOAP, equilibrium_share=0.25)
    draws = [set(choose(material, config, seed)[:5]) for seed in range(3)]
    assert draws[0] != draws[1]
    assert len(set(choose(material, config))) == 20


def test_the_order_of_reasons_and_an_empty_sieve(make_table: MakeTable) -> None:
    table = make_table(3, quality=["pre_failure"] * 3)
    with pytest.raises(SamplingError) as error:
        choose_frames(Material(table), RandomSamplerConfig(), np.random.default_rng(0))
    assert str(error.value) == "no frame is left to choose from, of 3 (rejected by quality: 3)"


def test_random_needs_no_points(make_table: MakeTable) -> None:
    choice = choose_frames(
        Material(make_table(30)), RandomSamplerConfig(n_samples=7), np.random.default_rng(0)
    )
    assert len(set(choice.indices.tolist())) == 7
    assert choice.distances is None
    assert choice.report["evidence"] is None


def test_descriptions_that_do_not_belong_together(
    described: list[Path], trajectories: list[list[Atoms]], tmp_path: Path
) -> None:
    other = tmp_path / "other.npz"
    descriptor = SOAPDescriptor(SOAPConfig(r_cut_A=4.0, n_max=2, l_max=1), ["Cu", "Au"])
    Description.of(trajectories[0], descriptor, environments=False).save(other)
    with pytest.raises(SamplingError, match="features a frame, the first has"):
        gather([described[0], other], [], tmp_path)
    other.write_bytes(b"nothing of the kind")
    with pytest.raises(SamplingError, match="is not a description of frames"):
        gather([other], [], tmp_path)
