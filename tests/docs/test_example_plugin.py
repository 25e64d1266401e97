"""The example package: its kinds, found through the entry points that its own metadata name."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from mlip_autopipec.pipeline.records import StageRecord
from mlip_autopipec.pipeline.run_directory import RunDirectory
from mlip_autopipec.structures.extxyz import read_frames

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "examples" / "plugin"
RUN = """
import sys
from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import ConfigError
from mlip_autopipec.pipeline.runner import PipelineRunner

try:
    config = PipelineConfig.from_yaml(sys.argv[1], tuple(sys.argv[3:]))
    PipelineRunner(config, sys.argv[2]).run()
except ConfigError as error:
    sys.exit(str(error))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks as if the package were installed there; no build tool is needed."""
    folder = tmp_path_factory.mktemp("site")
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = folder / "lab_kinds-1.0.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    lines = [
        line
        for group, entries in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "lab_kinds").symlink_to(PLUGIN / "lab_kinds")
    return folder


def run(site: Path, run_dir: Path, *overrides: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-c", RUN),
            *(PLUGIN / "copper-stackings.yaml", run_dir, *overrides),
        ],
        env=os.environ | {"PYTHONPATH": str(site), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def run_dir(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_dir = tmp_path_factory.mktemp("runs") / "copper-stackings"
    done = run(site, run_dir)
    assert done.returncode == 0, done.stderr
    return run_dir


def test_the_three_kinds_make_one_run(run_dir: Path) -> None:
    frames = list(read_frames(run_dir / "sampled_structures.xyz"))
    assert len(frames) == 12
    assert {frame.info["generator"] for frame in frames} == {"stacking"}
    model = json.loads((run_dir / "model.json").read_text(encoding="utf-8"))
    assert (model["kind"], model["package"], model["version"]) == ("morse", "lab-kinds", "1.0")
    assert model["sha256"] is None
    report = json.loads((run_dir / "sampling.json").read_text(encoding="utf-8"))
    assert len(report["distances"]) == 12


def test_another_version_of_the_sampler_samples_anew(site: Path, tmp_path: Path) -> None:
    """What comes before the selection is kept: the calculator is not the package's here."""
    emt = "exploration.calculator={kind: emt}"
    records = []
    metadata = site / "lab_kinds-1.0.dist-info" / "METADATA"
    kept = metadata.read_text(encoding="utf-8")
    try:
        for version in ("1.0", "1.0", "1.1"):
            text = kept.replace("Version: 1.0", f"Version: {version}")
            metadata.write_text(text, encoding="utf-8")
            done = run(site, tmp_path / "run", emt)
            assert done.returncode == 0, done.stderr
            directory = RunDirectory(tmp_path / "run")
            records.append(
                [directory.read_record(StageRecord, stage) for stage in ("explore", "sample")]
            )
    finally:
        metadata.write_text(kept, encoding="utf-8")
    first, again, other = records
    assert again == first
    assert other[0] == first[0]
    assert other[1].key != first[1].key


def test_the_layers_are_close_packed(run_dir: Path) -> None:
    """Before they are rattled (0.05 Å), atoms have 12 neighbours at 2.55 Å and none nearer."""
    for atoms in read_frames(run_dir / "initial_structures.xyz"):
        distances_A = np.sort(atoms.get_all_distances(mic=True), axis=1)
        assert distances_A[:, 1].min() > 2.55 - 6 * 0.05
        assert (atoms.get_volume() / len(atoms)) == pytest.approx(2.55**3 / np.sqrt(2.0))


def test_their_configs_are_as_strict_as_any(site: Path, tmp_path: Path) -> None:
    done = run(
        site,
        tmp_path / "run",
        "exploration.calculator.depth_eV=-1",
        "generation.0.sequence=ABD",
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "generation[0].sequence: 'ABD' does not match ^[ABC]{2,40}$",
        "exploration.calculator.depth_eV: -1 is not above 0 eV",
    ]


def test_without_the_package_the_calculator_is_unknown(tmp_path: Path) -> None:
    done = run(tmp_path, tmp_path / "run")
    assert "exploration.calculator: kind 'morse' is not one of" in done.stderr
