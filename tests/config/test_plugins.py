"""A sampler of another package, installed as far as Python can tell."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLER = """
from typing import ClassVar, Literal

import numpy as np
from mlip_autopipec.config.sampling import ComparingSamplerConfig
from mlip_autopipec.sampling.base import BaseSampler


class NthConfig(ComparingSamplerConfig):
    kind: Literal["nth"] = "nth"
    first: int = 0


class NthSampler(BaseSampler):
    needs_features: ClassVar[bool] = True
    config_class = NthConfig

    @classmethod
    def from_config(cls, config):
        sampler = cls(config.n_samples)
        sampler.first = config.first
        return sampler

    def choose(self, pool, n, rng):
        assert pool.required_points().shape[1] > 0
        return np.roll(pool.free, -self.first)[:n], None


class Nothing:
    pass
"""
RUN = """
import json, sys
from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.pipeline import PipelineConfig
from mlip_autopipec.errors import ConfigError
from mlip_autopipec.pipeline.runner import PipelineRunner

config = {
    "name": "plugged",
    "generation": [
        {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 0.5, "Au": 0.5},
         "supercell": [2, 1, 1]},
    ],
    "exploration": {"calculator": {"kind": "emt"}, "n_steps": 8, "save_every": 2},
    "sampling": {
        "kind": "nth", "n_samples": 2, "first": 3, "equilibrium_share": 0, "strata": None,
        "descriptor": {"kind": "soap", "r_cut_A": 4.0, "n_max": 2, "l_max": 1},
    },
}
PipelineRunner(validate(PipelineConfig, config), sys.argv[1]).run()
again = PipelineRunner.open(sys.argv[1]).config.sampling
assert (again.kind, again.first) == ("nth", 3)
config["sampling"]["fist"] = 1
try:
    validate(PipelineConfig, config)
except ConfigError as error:
    print(error)
"""


def run_with(folder: Path, entry_points: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run code where a distribution with such entry points can be found."""
    metadata = folder / "nth_sampler-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: nth-sampler\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[mlip_autopipec.samplers]\n{entry_points}\n")
    (folder / "nth_sampler.py").write_text(SAMPLER)
    command = [sys.executable, "-W", "ignore", "-c", code, str(folder / "run")]
    path = {"PYTHONPATH": str(folder), "PATH": ""}
    return subprocess.run(command, env=path, capture_output=True, text=True, check=False)


def test_a_plugin_samples_a_run(tmp_path: Path) -> None:
    done = run_with(tmp_path, "nth = nth_sampler:NthSampler", RUN)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "sampling.fist: is not a known key; did you mean 'first'?\n"
    report = json.loads((tmp_path / "run" / "sampling.json").read_text())
    assert report["n_frames"] == 5
    assert report["indices"] == [3, 4]
    assert report["distances"] is None


def test_the_plugin_may_be_imported_first(tmp_path: Path) -> None:
    code = "import nth_sampler; from mlip_autopipec.config import PipelineConfig; print('fine')"
    done = run_with(tmp_path, "nth = nth_sampler:NthSampler", code)
    assert done.stdout == "fine\n", done.stderr


@pytest.mark.parametrize(
    ("entry_points", "message"),
    [
        (
            "nth = nth_sampler:Missing",
            (
                "entry point mlip_autopipec.samplers: nth = nth_sampler:Missing: cannot be loaded "
                "(module 'nth_sampler' has no attribute 'Missing')"
            ),
        ),
        (
            "nth = nth_sampler:Nothing",
            (
                "entry point mlip_autopipec.samplers: nth: its config_class should derive from "
                "SamplerBaseConfig and have the kind 'nth'"
            ),
        ),
        (
            "other = nth_sampler:NthSampler",
            (
                "entry point mlip_autopipec.samplers: other: its config_class should derive from "
                "SamplerBaseConfig and have the kind 'other'"
            ),
        ),
    ],
)
def test_a_plugin_that_does_not_do_is_named(
    entry_points: str, message: str, tmp_path: Path
) -> None:
    done = run_with(tmp_path, entry_points, "from mlip_autopipec.config import PipelineConfig")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"mlip_autopipec.errors.ConfigError: {message}"
