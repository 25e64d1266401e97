"""The same database on a real PostgreSQL server, started on loopback where one is installed."""

import getpass
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import StorageError
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.storage.db_wrapper import PAGE_ROWS, AseDBWrapper

MakeFrame = Callable[..., Atoms]
MODEL = {"kind": "emt", "model": "emt", "sha256": None}
MISSING = [name for name in ("ase_db_backends", "psycopg2") if not importlib.util.find_spec(name)]


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs; Debian keeps them out of the way."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(places[-1]) if places else None)
    if found is None:
        pytest.skip(f"PostgreSQL's {name} is not installed")
    return found


def unprivileged_user() -> str:
    """Return the user that the server runs as, which must not be root."""
    if os.getuid() != 0:
        return getpass.getuser()
    if "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    return "postgres"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Start a server of our own, and return the URL up to the database's name."""
    if MISSING:
        pytest.skip(f"the package {MISSING[0]} is not installed")
    initdb, pg_ctl, user = program("initdb"), program("pg_ctl"), unprivileged_user()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        shutil.chown(folder, user)
        data = f"{folder}/data"

        def run(*command: str) -> None:
            as_user = None if os.getuid() != 0 else user
            subprocess.run(command, check=True, user=as_user, cwd=folder, capture_output=True)

        run(initdb, "-D", data, "-U", "tester", "--auth=trust")
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=off"
        run(pg_ctl, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql://tester@127.0.0.1:{port}"
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "stop")


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> AseDBWrapper:
    """Make a fresh database for each test."""
    import psycopg2  # noqa: PLC0415 - optional

    name = f"frames_{abs(hash(request.node.name)):x}"
    connection = psycopg2.connect(f"{server}/postgres")
    connection.autocommit = True
    connection.cursor().execute(f"CREATE DATABASE {name}")
    connection.close()
    return AseDBWrapper(f"{server}/{name}")


@pytest.fixture
def collecting_runner(
    tmp_path: Path, short_run: Callable[..., dict[str, Any]]
) -> Callable[..., PipelineRunner]:
    """Makes a short run that selects what a collection lacks, and adds it there."""

    def make(location: str, name: str, *, seed: int) -> PipelineRunner:
        document = short_run(
            name,
            seed=seed,
            alloy={"transforms": [{"kind": "rattle", "stdev_A": 0.05}]},
            exploration={"temperature_K": 600, "save_every": 2},
            sampling={
                "kind": "fps",
                "n_samples": 6,
                "known": [location],
                "descriptor": {"kind": "soap", "n_max": 2, "l_max": 2},
            },
            storage={"collection": location},
        )
        return PipelineRunner(PipelineConfig.model_validate(document), tmp_path / name)

    return make


def test_frames_come_back_as_they_were(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    frame = make_frame(swap_acceptance=None, big=float("inf"))
    assert database.add_frames([frame], model=MODEL) == 1
    (back,) = database.frames("step=0,temperature_K>200,quality=ok")
    assert back == frame
    assert back.info == frame.info
    assert np.array_equal(back.get_forces(), frame.arrays["forces_mlip"])


def test_stored_once_and_all_or_nothing(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    frames = [make_frame(step=step) for step in range(PAGE_ROWS + 5)]
    assert database.add_frames(frames[:3], model=MODEL) == 3
    assert database.add_frames(frames, model=MODEL) == PAGE_ROWS + 2
    assert [row.step for row in database.rows()] == list(range(PAGE_ROWS + 5))

    def failing() -> Iterator[Atoms]:
        yield make_frame(step=9999)
        message = "no more"
        raise StorageError(message)

    with pytest.raises(StorageError, match="no more"):
        database.add_frames(failing(), model=MODEL)
    assert database.count("step=9999") == 0


def test_metadata(database: AseDBWrapper) -> None:
    database.metadata = {"title": "shared", "labels": "not DFT"}
    assert AseDBWrapper(database.location).metadata == {"title": "shared", "labels": "not DFT"}


def test_a_second_label_set(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    frames = [make_frame(step=step) for step in range(3)]
    database.add_frames(frames, model=MODEL)
    forces = np.ones((4, 3))
    frames[1].calc = SinglePointCalculator(frames[1], energy=-1.5, forces=forces)
    assert database.add_labels("dft", [frames[1]], source="PBE").n_rows == 1
    (frame,) = database.frames(label_set="dft")
    assert (frame.info["step"], frame.get_potential_energy()) == (1, -1.5)
    assert np.array_equal(frame.get_forces(), forces)


def test_an_empty_database(database: AseDBWrapper) -> None:
    with pytest.raises(StorageError, match="there is no such database"):
        database.count()


def test_runs_gather_their_frames(
    database: AseDBWrapper, tmp_path: Path, collecting_runner: Callable[..., PipelineRunner]
) -> None:
    """The second run selects nothing that the first has put there, and running again adds none."""
    runner = partial(collecting_runner, database.location)
    assert runner("first", seed=1).run().n_selected == 6
    assert runner("second", seed=2).run().n_selected == 6
    assert len(database) == 12
    assert runner("first", seed=1).run().n_selected == 6
    assert len(database) == 12
    assert set(database.metadata["runs"]) == {"first", "second"}
    sampled = tmp_path / "second" / "sampled_structures.xyz"
    before = sampled.read_bytes()
    sampled.unlink()
    runner("second", seed=2).run()
    assert sampled.read_bytes() == before


def test_a_server_that_does_not_answer_is_told_in_one_line() -> None:
    if MISSING:
        pytest.skip(f"the package {MISSING[0]} is not installed")
    with pytest.raises(StorageError, match="Connection refused") as caught:
        AseDBWrapper("postgresql://tester@127.0.0.1:1/frames").check()
    assert len(str(caught.value).splitlines()) == 1


def test_a_collection_that_is_away_is_refused_first(
    server: str, tmp_path: Path, collecting_runner: Callable[..., PipelineRunner]
) -> None:
    runner = collecting_runner(f"{server}/nowhere", "first", seed=1)
    match = r"storage.collection: .*\"nowhere\" does not exist"
    with pytest.raises(StorageError, match=match) as caught:
        runner.run()
    assert len(str(caught.value).splitlines()) == 1
    assert not (tmp_path / "first" / "config.json").exists()


def test_two_writers_lose_nothing(database: AseDBWrapper) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[3]); from conftest import labelled_frame\n"
        "from mlip_autopipec.storage.db_wrapper import AseDBWrapper\n"
        "database = AseDBWrapper(sys.argv[1])\n"
        "for first in range(0, 40, 10):\n"
        "    database.add_frames(\n"
        "        labelled_frame(step=first + more, structure_id=sys.argv[2])\n"
        "        for more in range(10)\n"
        "    )\n"
    )
    here = str(Path(__file__).parent)
    writers = [
        subprocess.Popen([sys.executable, "-c", code, database.location, name, here])
        for name in ("a", "b", "a")
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert database.count() == 80


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ase_db_backends", None)
    with pytest.raises(StorageError) as error:
        AseDBWrapper("postgresql://localhost/frames")
    assert str(error.value) == (
        "PostgreSQL needs the package ase_db_backends: install mlip-autopipe[postgresql]"
    )
