"""Wrong input: exit code 2 and one clear line, before anything is started or written."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.singlepoint import SinglePointCalculator

from mlip_autopipec.cli import app
from mlip_autopipec.storage.db_wrapper import AseDBWrapper


@pytest.fixture
def call(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    write_run: Callable[..., Path],
) -> Callable[..., tuple[int, list[str]]]:
    """Run the program in a folder of its own; return exit code and the lines of standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLIP_AUTOPIPE_HOME", str(tmp_path / "home"))
    write_run(tmp_path / "config.yaml", "bad", alloy={"n_structures": 1})

    def run(*arguments: str) -> tuple[int, list[str]]:
        monkeypatch.setattr("sys.argv", ["mlip-autopipe", *arguments])
        with pytest.raises(SystemExit) as ended:
            app.main()
        return int(str(ended.value.code)), capsys.readouterr().err.splitlines()

    return run


BAD = {
    "collection in a folder that is not there": (
        ("--set", "storage.collection=/nowhere/all.db"),
        "error: storage.collection: /nowhere/all.db: its folder does not exist",
    ),
    "unknown key": (
        ("--set", "exploration.timestepfs=1"),
        "error: exploration.timestepfs: is not a known key; did you mean 'timestep_fs'?",
    ),
    "wrong type": (
        ("--set", "exploration.n_steps=many"),
        "error: exploration.n_steps: 'many' should be a valid integer",
    ),
    "composition of 0.9": (
        ("--set", "generation.0.composition={Cu: 0.5, Au: 0.4}"),
        r"~error: generation\[0\]\.composition: {Cu: 0\.5, Au: 0\.4} sums to 0\.9; the fract",
    ),
    "element the model does not know": (
        ("--set", "generation.0.composition={W: 1.0}"),
        r"~error: exploration\.calculator: emt does not know W; it knows .*Ag.*Pt",
    ),
    "timestep of 40 fs": (
        ("--set", "exploration.timestep_fs=40"),
        "error: exploration.timestep_fs: 40 is above 10 fs",
    ),
    "empty generation list": (
        ("--set", "generation=[]"),
        "error: generation: has 0 items; at least 1 are needed",
    ),
    "run directory that is a file": (
        ("--run-dir", "config.yaml"),
        r"~error: --run-dir .*config\.yaml: is a file, or lies below one; a directory is needed",
    ),
    "model path that does not exist": (
        ("--set", "exploration.calculator={kind: mace, model: none.model}"),
        r"~error: exploration\.calculator\.model: .*none\.model",
    ),
    "SevenNet model that its wheel does not hold": (
        ("--set", "exploration.calculator={kind: sevennet, model: 7net-9}"),
        r"~error: exploration\.calculator\.model: .*7net-9.*7net-0",
    ),
    "composition too fine for the cell": (
        ("--set", "generation.0.composition={Cu: 0.99, Au: 0.01}"),
        r"~error: alloy: 8 sites are too few for 0\.01 of Au; enlarge the supercell",
    ),
    "no workers": (
        ("--workers", "0"),
        "error: Invalid value for '--workers': 0 is not in the range x>=1.",
    ),
    "override without a value": (
        ("--set", "seed"),
        "error: --set seed: should read a.b=value",
    ),
    "override of a list that is too short": (
        ("--set", "generation.3.n_structures=1"),
        "error: --set generation.3.n_structures=1: '3' is not an item of the list (0 to 0)",
    ),
}


@pytest.mark.parametrize(("arguments", "line"), BAD.values(), ids=BAD.keys())
def test_one_line_and_nothing_started(
    call: Callable[..., tuple[int, list[str]]],
    tmp_path: Path,
    arguments: tuple[str, ...],
    line: str,
) -> None:
    before = sorted(tmp_path.iterdir())
    code, lines = call("run", "config.yaml", *arguments)
    assert code == 2
    assert len(lines) == 1
    if line.startswith("~"):
        assert re.fullmatch(line[1:] + ".*", lines[0])
    else:
        assert lines[0] == line
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, "No such file or directory"), ("a: [1", "is not valid YAML"), ("", "holds nothing")],
    ids=["missing", "broken", "empty"],
)
def test_config_that_cannot_be_read(
    call: Callable[..., tuple[int, list[str]]], tmp_path: Path, text: str | None, reason: str
) -> None:
    if text is not None:
        (tmp_path / "other.yaml").write_text(text, encoding="utf-8")
    for command in ("run", "validate"):
        code, (line,) = call(command, "other.yaml")
        assert code == 2
        assert line.startswith("error: other.yaml: ")
        assert reason in line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_config_without_permission(
    call: Callable[..., tuple[int, list[str]]], tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").chmod(0)
    code, (line,) = call("run", "config.yaml")
    assert code == 2
    assert line == "error: config.yaml: cannot be read (Permission denied)"


def test_status_of_what_is_no_run(
    call: Callable[..., tuple[int, list[str]]], tmp_path: Path
) -> None:
    code, (line,) = call("status", ".")
    assert code == 2
    assert line == f"error: {tmp_path}: holds no run (there is no config.json)"


def test_several_faults_are_several_lines(call: Callable[..., tuple[int, list[str]]]) -> None:
    code, lines = call("validate", "config.yaml", "--set", "seed=-1", "--set", "name=a b")
    assert code == 2
    assert [line.split(":")[1].strip() for line in lines] == ["name", "seed"]


def test_export_to_what_is_no_folder(
    call: Callable[..., tuple[int, list[str]]], tmp_path: Path
) -> None:
    with AseDBWrapper(tmp_path / "some.db") as database:
        frame = bulk("Cu", cubic=True)
        frame.calc = SinglePointCalculator(frame, energy=-1.0, forces=np.zeros((4, 3)))
        database.add_frames([frame])
    code, lines = call("export", "some.db", "--split", "1,0,0", "--output", "config.yaml")
    assert code == 2
    assert lines == [
        f"error: --output {tmp_path / 'config.yaml'}: cannot be written to (File exists)"
    ]
