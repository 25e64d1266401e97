"""The wheel, alone in a bare environment and used from another folder."""

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = shutil.which("uv")
PRELOAD = "mlip_autopipec.orchestration.preload"


OWNERS = """
from importlib.metadata import packages_distributions
owners = packages_distributions()
print(sorted(set(owners["flows"] + owners["tasks"] + owners["mlip_autopipec"])))
"""


def _call(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PREFECT_", "VIRTUAL_ENV", "PYTHON", "PYTEST"))
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=variables | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _call(str(UV), "build", "--wheel", "--out-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bare_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the wheel and what it requires, at the locked versions, and no extra."""
    folder = tmp_path_factory.mktemp("bare")
    python = folder / "venv" / "bin" / "python"
    _call(str(UV), "venv", "--python", sys.executable, folder / "venv", cwd=folder)
    _call(
        *(str(UV), "pip", "install", "--python", python),
        *("--exclude-newer", "2026-11-01T00:00:00Z", wheel),
        cwd=folder,
    )
    return python


@pytest.fixture
def write_bare(write_run: Callable[..., Path]) -> Callable[[Path], Path]:
    """Writes the config of a run of ten steps."""

    def write(folder: Path) -> Path:
        return write_run(
            folder / "config.yaml",
            "bare",
            exploration={
                "n_steps": 10,
                "monte_carlo": {"kind": "swap", "every": 5, "attempts": 1},
            },
            sampling={"kind": "fps", "n_samples": 3},
            execution={"cluster": {"kind": "local", "n_workers": 2}},
        )

    return write


pytestmark = pytest.mark.skipif(UV is None, reason="uv builds the wheel; pip install uv")


def test_wheel_holds_the_three_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "mlip_autopipec",
        "flows",
        "tasks",
    }
    assert "mlip_autopipec/py.typed" in names
    assert "mlip_autopipec/cli/templates/alloy.yaml" in names


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_short_run_in_a_bare_environment(
    bare_python: Path, tmp_path: Path, write_bare: Callable[[Path], Path]
) -> None:
    home, folder = tmp_path / "home", tmp_path / "elsewhere"
    folder.mkdir()
    write_bare(folder)
    program = bare_python.parent / "mlip-autopipe"
    environment = {"HOME": str(home), "MLIP_AUTOPIPE_HOME": str(home / "mlip-autopipe")}
    owners = _call(bare_python, "-c", OWNERS, cwd=folder)
    assert owners.stdout.strip() == "['mlip-autopipe']"
    try:
        done = _call(program, "run", "config.yaml", cwd=folder, **environment)
    finally:
        _call(program, "server", "stop", cwd=folder, **environment)
    assert "selected" in done.stdout
    listed = _call(bare_python.parent / "ase", "db", "runs/bare/dataset.db", "--count", cwd=folder)
    assert listed.stdout.split()[0] == "3"
    heavy = _call(
        bare_python, "-c", "import importlib.util as u; print(u.find_spec('torch'))", cwd=folder
    )
    assert heavy.stdout.strip() == "None"


@contextmanager
def _dask(python: Path, folder: Path, **environment: str) -> Iterator[str]:
    """Start a scheduler and two workers, each a process, in a folder; yield the address."""
    file = folder / "scheduler.json"
    loopback = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file))
    worker = ("worker", *loopback, "--nthreads", "1", "--preload", PRELOAD)
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "PYTHON"))}
    with (folder / "dask.log").open("wb") as log:
        processes = [
            subprocess.Popen(
                [python.parent / "dask", *arguments],
                cwd=folder,
                env=variables | environment,
                stdout=log,
                stderr=log,
            )
            for arguments in (("scheduler", *loopback, "--port", "0"), worker, worker)
        ]
        try:
            yield _address(python, file, folder)
        finally:
            for process in reversed(processes):
                process.terminate()
            for process in processes:
                process.wait(timeout=60)


def _address(python: Path, file: Path, folder: Path) -> str:
    """Wait until the scheduler has its workers; return its address."""
    wait = (
        "import sys, distributed; "
        "client = distributed.Client(scheduler_file=sys.argv[1], timeout='120 s'); "
        "client.wait_for_workers(2, timeout=120); "
        "print(client.scheduler.address)"
    )
    deadline = time.monotonic() + 120
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    return _call(python, "-c", wait, file, cwd=folder).stdout.split()[-1]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_workers_at_an_address_need_nothing_but_the_wheel(
    bare_python: Path, tmp_path: Path, write_bare: Callable[[Path], Path]
) -> None:
    home, here, there = (tmp_path / name for name in ("home", "here", "there"))
    here.mkdir()
    there.mkdir()
    write_bare(here)
    program = bare_python.parent / "mlip-autopipe"
    environment = {"HOME": str(home), "MLIP_AUTOPIPE_HOME": str(home / "mlip-autopipe")}
    with _dask(bare_python, there, HOME=str(home)) as address:
        cluster = f"execution.cluster={{kind: address, address: '{address}'}}"
        try:
            _call(program, "run", "config.yaml", "--set", cluster, cwd=here, **environment)
            _call(
                *(program, "run", "config.yaml", "--run-dir", "runs/local"),
                cwd=here,
                **environment,
            )
        finally:
            _call(program, "server", "stop", cwd=here, **environment)
    for name in ("exploration_trajectories.xyz", "sampled_structures.xyz"):
        at_address, local = here / "runs" / "bare" / name, here / "runs" / "local" / name
        assert at_address.read_bytes() == local.read_bytes()
    kept = {path.name for path in there.iterdir()}
    assert kept <= {"scheduler.json", "dask.log", "dask-scratch-space"}
