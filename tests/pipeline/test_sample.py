"""Sampling as a part of a run: every sampler, the report beside the frames, earlier datasets."""

import json
from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import SamplingError
from mlip_autopipec.pipeline.records import RunSummary
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.storage.db_wrapper import AseDBWrapper

SOAP = {"kind": "soap", "r_cut_A": 4.0, "n_max": 2, "l_max": 2}


def _run(folder: Path, sampling: dict[str, object], *, seed: int = 1) -> RunSummary:
    generator = {
        "kind": "alloy",
        "lattice": "fcc",
        "composition": {"Cu": 0.5, "Au": 0.5},
        "supercell": [2, 1, 1],
        "n_structures": 2,
        "transforms": [{"kind": "rattle", "stdev_A": 0.05}],  # or two may be one by symmetry
    }
    exploration = {
        "calculator": {"kind": "emt"},
        "temperature_K": 600,
        "n_steps": 20,
        "save_every": 2,
    }
    config = PipelineConfig.model_validate(
        {
            "name": "sample",
            "seed": seed,
            "generation": [generator],
            "exploration": exploration,
            "sampling": sampling,
        }
    )
    return PipelineRunner(config, folder).run()


@pytest.mark.parametrize(
    "sampling",
    [
        {"kind": "random"},
        {"kind": "fps", "descriptor": SOAP},
        {"kind": "fps", "descriptor": SOAP, "compare": "environments"},
        {"kind": "direct", "descriptor": SOAP},
        {"kind": "cur", "descriptor": SOAP},
        {
            "kind": "fps",
            "descriptor": SOAP,
            "equilibrium_share": 0.5,
            "strata": {"by": ["temperature"]},
            "filters": {"max_force_eV_A": 1000.0},
        },
    ],
    ids=["random", "fps", "environments", "direct", "cur", "quotas"],
)
def test_sampler_leaves_frames_and_their_report(
    tmp_path: Path, sampling: dict[str, object]
) -> None:
    summary = _run(tmp_path, sampling | {"n_samples": 6})
    assert (summary.n_frames, summary.n_selected) == (22, 6)
    report = json.loads((tmp_path / "sampling.json").read_text(encoding="utf-8"))
    assert (report["n_frames"], report["n_chosen"]) == (22, 6)
    assert len(set(report["indices"])) == 6
    assert not list(tmp_path.glob(".sampling-*"))


@pytest.mark.parametrize("known_as", ["dataset.db", "sampled_structures.xyz"])
def test_second_campaign_adds_what_the_first_lacks(tmp_path: Path, known_as: str) -> None:
    sampling = {"kind": "fps", "descriptor": SOAP, "n_samples": 6}
    _run(tmp_path / "first", sampling)
    known = str(tmp_path / "first" / known_as)
    again = sampling | {"known": [known], "n_samples": 22}
    summary = _run(tmp_path / "again", again)
    assert summary.n_selected == 22 - 6
    with (
        AseDBWrapper(tmp_path / "first" / "dataset.db") as first,
        AseDBWrapper(tmp_path / "again" / "dataset.db") as second,
    ):
        keys = [{(row.structure_id, row.step) for row in each.rows()} for each in (first, second)]
    assert not keys[0] & keys[1]
    report = json.loads((tmp_path / "again" / "sampling.json").read_text(encoding="utf-8"))
    assert report["known"]["n_known"] == 6
    assert report["rejected"]["known"] == 6


def test_missing_known_dataset_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    sampling = {"kind": "fps", "known": ["none.db"]}
    with pytest.raises(SamplingError, match=r"sampling\.known\[0\]: .*none\.db is not an existing"):
        _run(tmp_path / "run", sampling)
    assert not (tmp_path / "run" / "config.json").exists()
