"""The program as a user starts it: a whole run on EMT, a second one, and Ctrl-C in the middle."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mlip_autopipec.files import sha256_file

PROGRAM = Path(sys.executable).with_name("mlip-autopipe")
BEGUN_S = 180.0  # for the workers to begin, on a machine that does other things as well
ENDED_S = 60.0


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, write_run: Callable[..., Path]
) -> Iterator[Path]:
    """A folder with a config, and a server of its own that is stopped afterwards."""
    folder = tmp_path_factory.mktemp("user")
    write_run(
        folder / "config.yaml",
        "whole",
        seed=5,
        alloy={"supercell": [2, 2, 1], "n_structures": 3},
        exploration={
            "temperature_K": {"start": 300, "end": 900},
            "n_steps": 60,
            "save_every": 10,
            "checkpoint_every": 20,
            "monte_carlo": {"kind": "swap", "every": 10, "attempts": 2},
        },
        sampling={"kind": "fps", "n_samples": 8, "descriptor": {"kind": "soap", "r_cut_A": 4.0}},
        execution={"cluster": {"n_workers": 2}},
    )
    yield folder
    _call(folder, "server", "stop")


def _environment(folder: Path) -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    return plain | {"MLIP_AUTOPIPE_HOME": str(folder / "home")}


def _call(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )


def _figures(output: str) -> dict[str, str]:
    """The closing table, by name."""
    rows = re.findall(r"^  (\S.*?)  +(\S.*)$", output, flags=re.MULTILINE)
    return dict(rows)


def _hashes(run_dir: Path) -> dict[str, str]:
    paths = [*run_dir.glob("*.xyz"), *run_dir.glob("*.db"), *run_dir.glob("trajectories/*.xyz")]
    return {str(path.relative_to(run_dir)): sha256_file(path) for path in paths}


@pytest.fixture(scope="module")
def first(folder: Path) -> subprocess.CompletedProcess[str]:
    return _call(folder, "run", "config.yaml")


def test_run_ends_with_its_figures(folder: Path, first: subprocess.CompletedProcess[str]) -> None:
    assert (first.returncode, first.stderr) == (0, "")
    figures = _figures(first.stdout)
    assert figures.pop("in the Prefect UI").startswith("http://127.0.0.1:")
    assert figures == {
        "structures generated": "3",
        "explored": "3",
        "failed": "0",
        "frames": "21",
        "touched by ZBL": "0.0% of the frames",
        "selected": "8",
        "run directory": str(folder / "runs" / "whole"),
        "database": str(folder / "runs" / "whole" / "dataset.db"),
        "report": str(folder / "runs" / "whole" / "report" / "report.html"),
    }
    assert Path(figures["report"]).is_file()
    assert "0/3 structures explored" in first.stdout


def test_second_run_takes_all_from_the_cache(
    folder: Path, first: subprocess.CompletedProcess[str]
) -> None:
    before = _hashes(folder / "runs" / "whole")
    second = _call(folder, "run", "config.yaml")
    assert second.returncode == 0
    assert _hashes(folder / "runs" / "whole") == before
    shown, expected = _figures(second.stdout), _figures(first.stdout)
    assert shown.pop("in the Prefect UI") != expected.pop("in the Prefect UI")
    assert shown == expected


def test_for_machines_there_is_one_document(
    folder: Path, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0
    again = _call(folder, "run", "config.yaml", "--json")
    assert (again.returncode, again.stderr) == (0, "")
    said = json.loads(again.stdout)
    figures = said["figures"]
    assert (said["document"], said["version"], said["outcome"]) == ("run", 1, "completed")
    assert (figures["n_explored"], figures["n_frames"], figures["n_selected"]) == (3, 21, 8)
    assert figures["failures"] == []
    assert Path(figures["database"]).is_file()
    assert Path(figures["report"]).is_file()
    status = _call(folder, "status", "runs/whole", "--json")
    assert (status.returncode, status.stderr) == (0, "")
    stands = json.loads(status.stdout)
    assert stands["figures"] == figures
    assert (stands["state"], stands["pid"], stands["running"]) == ("finished", None, [])
    assert (stands["n_ended"], stands["fraction"]) == (3, 1.0)


def test_status_shows_the_run_from_another_shell(
    folder: Path, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0
    status = _call(folder, "status", "runs/whole")
    assert status.returncode == 0
    assert status.stdout.startswith("3/3 structures explored\n")
    assert _figures(status.stdout)["state"] == "finished"
    assert _figures(status.stdout)["selected"] == "8"


@pytest.mark.slow
def test_fresh_does_everything_again_with_the_same_result(
    folder: Path, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0
    run_dir = folder / "runs" / "whole"
    before = _hashes(run_dir)
    written = {path: path.stat().st_mtime_ns for path in run_dir.glob("trajectories/*.xyz")}
    assert _call(folder, "run", "config.yaml", "--fresh").returncode == 0
    assert all(path.stat().st_mtime_ns > time_ns for path, time_ns in written.items())
    after = _hashes(run_dir)
    assert before.pop("dataset.db") != after.pop("dataset.db")  # rows note when they were made
    assert after == before


@pytest.mark.slow
def test_interrupted_run_leaves_no_process_and_goes_on(
    folder: Path, first: subprocess.CompletedProcess[str]
) -> None:
    assert first.returncode == 0
    settings = ("--set", "name=cut", "--set", "exploration.n_steps=1500")
    started = subprocess.Popen(
        [PROGRAM, "run", "config.yaml", *settings],
        cwd=folder,
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    run_dir = folder / "runs" / "cut"
    _wait_for(lambda: any(run_dir.glob("progress/*.json")), BEGUN_S)
    children = psutil.Process(started.pid).children(recursive=True)
    assert children
    status = _call(folder, "status", "runs/cut", "--json")
    assert json.loads(status.stdout)["pid"] == started.pid
    os.killpg(started.pid, signal.SIGINT)  # as a terminal does
    _, errors = started.communicate(timeout=ENDED_S)
    assert started.returncode == 130
    assert errors.strip() == "interrupted: run the same command again to go on from here"
    _, alive = psutil.wait_procs(children, timeout=ENDED_S)
    assert not alive

    done = _call(folder, "run", "config.yaml", *settings)
    assert done.returncode == 0
    assert _figures(done.stdout)["explored"] == "3"
    whole = _call(folder, "run", "config.yaml", *settings, "--run-dir", "runs/uncut")
    assert whole.returncode == 0
    assert (run_dir / "exploration_trajectories.xyz").read_bytes() == (
        folder / "runs" / "uncut" / "exploration_trajectories.xyz"
    ).read_bytes()


def _wait_for(condition: Callable[[], bool], limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


@pytest.mark.slow
def test_failed_structures_beyond_the_allowed_share(folder: Path) -> None:
    settings = (
        *("--set", "name=failing", "--set", "generation.0.n_structures=1"),
        *("--set", "exploration.guards={max_temperature_K: 1, max_recoveries: 0}"),
    )
    done = _call(folder, "run", "config.yaml", *settings, "--json")
    assert (done.returncode, done.stderr) == (1, "")
    said = json.loads(done.stdout)
    assert said["outcome"] == "failed"
    (failure,) = said["figures"]["failures"]
    assert failure["structure_id"] == "alloy-0000"
    assert "temperature" in failure["reason"]
    log = (folder / "runs" / "failing" / "logs" / "alloy-0000.log").read_text(encoding="utf-8")
    assert f"alloy-0000: given up {failure['reason']}\n" in log
    figures = _figures(_call(folder, "status", "runs/failing").stdout)
    assert figures["failed"] == "1"
    assert figures["alloy-0000 failed"] == failure["reason"]
