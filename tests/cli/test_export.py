"""`mlip-autopipe export`: from a run and from a database to files, and what it refuses."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ase.io
import pytest

from mlip_autopipec.cli import app
from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.storage.db_wrapper import AseDBWrapper

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def run_dir(
    tmp_path_factory: pytest.TempPathFactory, short_run: Callable[..., dict[str, Any]]
) -> Path:
    """A finished run of five trajectories on EMT."""
    rattle = {"kind": "rattle", "stdev_A": 0.05}  # or two may be one by symmetry
    document = short_run(
        "exported",
        alloy={"n_structures": 5, "transforms": [rattle]},
        exploration={"n_steps": 8, "save_every": 2},
        sampling={"kind": "random", "n_samples": 20},
    )
    config = PipelineConfig.model_validate(document)
    folder = tmp_path_factory.mktemp("run")
    PipelineRunner(config, folder).run()
    return folder


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Run the program in an empty folder; return exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["mlip-autopipe", "export", *arguments])
        with pytest.raises(SystemExit) as ended:
            app.main()
        output = capsys.readouterr()
        return int(str(ended.value.code)), output.out, output.err

    return run


def test_a_run_is_exported(call: Call, run_dir: Path) -> None:
    code, output, _ = call(str(run_dir), "--format", "extxyz")
    assert code == 0
    assert "they are not DFT results" in output
    assert re.findall(r"(?m)^  (?:train|valid|test)\.xyz +\d+ frames of (.+)$", output) == [
        "3 trajectories",
        "1 trajectory",
        "1 trajectory",
    ]
    report = json.loads((run_dir / "export" / "export.json").read_text())
    frames = {
        part: ase.io.read(run_dir / "export" / name, ":") for part, name in report["files"].items()
    }
    owners = [{frame.info["structure_id"] for frame in part} for part in frames.values()]
    assert sum(map(len, owners)) == len(set.union(*owners)) == 5
    stored = {row.unique_id: row for row in AseDBWrapper(run_dir / "dataset.db").rows()}
    written = {frame.info["unique_id"]: frame for part in frames.values() for frame in part}
    assert written.keys() == stored.keys()
    for key, frame in written.items():
        assert frame.get_potential_energy() == stored[key].energy
        assert (frame.get_forces() == stored[key].forces).all()
        assert (frame.positions == stored[key].positions).all()


def test_a_database_a_query_and_other_shares(call: Call, run_dir: Path, tmp_path: Path) -> None:
    options = ("--split", "0.5,0.5,0", "--select", "step>0", "--output", "out", "--seed", "3")
    code, output, _ = call(str(run_dir / "dataset.db"), *options)
    assert code == 0
    n_rows = AseDBWrapper(run_dir / "dataset.db").count("step>0")
    report = json.loads((tmp_path / "out" / "export.json").read_text())
    assert set(report["n_frames"]) == {"train", "valid"}
    assert sum(report["n_frames"].values()) == n_rows
    assert "valid.xyz" in output
    assert not (tmp_path / "out" / "test.xyz").exists()


BAD = {
    "no such source": (("none",), "none: there is no such run directory or database"),
    "a folder without a run": ((".",), "holds no run (there is no config.json)"),
    "two shares": (
        ("{run}", "--split", "0.5,0.5"),
        "error: --split 0.5,0.5: three numbers are needed, such as 0.8,0.1,0.1",
    ),
    "shares that do not sum to 1": (
        ("{run}", "--split", "0.5,0.1,0.1"),
        "shares should be positive and sum to 1; given: train 0.5, valid 0.1, test 0.1",
    ),
    "another format": (
        ("{run}", "--format", "vasp"),
        "error: Invalid value for '--format': 'vasp' is not one of 'extxyz'.",
    ),
    "a label set that is not there": (
        ("{run}", "--label-set", "dft"),
        "dataset.db: has no frame to export with the labels 'dft'",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_input(
    arguments: tuple[str, ...], message: str, call: Call, run_dir: Path, tmp_path: Path
) -> None:
    code, _, error = call(*(word.format(run=run_dir) for word in arguments))
    assert code == 2
    assert error.rstrip().endswith(message)
    assert len(error.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_run_that_has_not_come_to_its_end(call: Call, run_dir: Path) -> None:
    database = run_dir / "dataset.db"
    aside = database.rename(run_dir / "aside.db")
    code, _, error = call(str(run_dir))
    aside.rename(database)
    assert code == 2
    assert "has no dataset.db yet; the run has not come to its last stage" in error
