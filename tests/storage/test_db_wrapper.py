"""The database: nothing twice, nothing lost, nothing half-written."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import ase.db
import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from mlip_autopipec.errors import StorageError
from mlip_autopipec.storage.db_wrapper import PAGE_ROWS, AseDBWrapper
from mlip_autopipec.storage.rows import SEARCH_KEYS, content_key

MakeFrame = Callable[..., Atoms]
MODEL = {"kind": "sevennet", "model": "7net-0", "sha256": "ab12" * 16, "version": "0.13"}


@pytest.fixture
def database(tmp_path: Path) -> AseDBWrapper:
    return AseDBWrapper(tmp_path / "dataset.db")


def test_frames_come_back_as_they_were(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    info = {"swap_acceptance": None, "note": "F", "path": [1, 2.5], "big": np.int64(7)}
    frame = make_frame(**info)
    stress = np.arange(6) * 0.01
    energy, forces = frame.info["energy_mlip_eV"], frame.arrays["forces_mlip"]
    frame.calc = SinglePointCalculator(frame, energy=energy, forces=forces, stress=stress)
    with database:
        assert database.add_frames([frame], model=MODEL) == 1
    (back,) = database.frames()
    assert back == frame
    assert back.info == frame.info
    assert np.array_equal(back.arrays["forces_mlip"], forces)
    assert np.array_equal(back.get_momenta(), frame.get_momenta())
    assert back.get_potential_energy() == energy
    assert np.array_equal(back.get_forces(), forces)
    assert np.array_equal(back.get_stress(), stress)


@pytest.mark.parametrize("key", SEARCH_KEYS)
def test_every_key_can_be_queried(key: str, database: AseDBWrapper, make_frame: MakeFrame) -> None:
    frames = [make_frame(step=step, structure_id=f"alloy-{step}") for step in range(3)]
    database.add_frames(frames, model=MODEL)
    value = frames[1].info[key]
    expected = [frame.info["step"] for frame in frames if frame.info[key] == value]
    assert [frame.info["step"] for frame in database.frames(f"{key}={value}")] == expected
    assert database.count(f"{key}={value}") == len(expected)
    if isinstance(value, float):
        above = [frame.info["step"] for frame in frames if frame.info[key] > value]
        assert [frame.info["step"] for frame in database.frames(f"{key}>{value}")] == above


def test_labels_are_marked(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    database.add_frames([make_frame()], model=MODEL)
    (row,) = database.rows("label_model=7net-0")
    assert row.label_kind == row.calculator == "sevennet"
    assert row.label_sha256 == MODEL["sha256"]


@pytest.mark.parametrize("text", ["12", "1e5", "inf", "nan", "True", "007"])
def test_text_that_reads_as_a_number(
    text: str, database: AseDBWrapper, make_frame: MakeFrame
) -> None:
    database.add_frames([make_frame(generator=text), make_frame(step=1)], model=MODEL)
    (frame,) = database.frames(f'generator="{text}"')
    assert frame.info["generator"] == text


def test_the_same_frame_is_stored_once(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    frames = [make_frame(step=step) for step in range(5)]
    assert database.add_frames([*frames, frames[2]], model=MODEL) == 5
    before = Path(database.location).read_bytes()
    assert database.add_frames(reversed(frames), model=MODEL) == 0
    elsewhere = frames[3].copy()
    elsewhere.info["structure_id"] = "another-run"
    assert database.add_frames([elsewhere], model=MODEL) == 0
    assert Path(database.location).read_bytes() == before
    assert len(database) == 5


def test_the_content_key(make_frame: MakeFrame) -> None:
    frame = make_frame()
    key = content_key(frame, MODEL)
    rounded = frame.copy()
    rounded.positions = np.round(rounded.positions, 8)  # what extended XYZ keeps
    moved = frame.copy()
    moved.positions[0, 0] += 1e-6
    open_cell = frame.copy()
    open_cell.pbc = (True, True, False)
    assert content_key(rounded, MODEL) == key
    others = [content_key(moved, MODEL), content_key(open_cell, MODEL), content_key(frame)]
    assert len({key, *others, content_key(frame, MODEL | {"sha256": "cd34"})}) == 5


def test_builds_are_reproducible(tmp_path: Path, make_frame: MakeFrame) -> None:
    created = datetime(2026, 11, 1, tzinfo=UTC)
    builds = []
    for name in ("one.db", "two.db"):
        database = AseDBWrapper(tmp_path / name)
        database.add_frames([make_frame(step=s) for s in range(9)], model=MODEL, created=created)
        database.metadata = {"title": "cu-au"}
        builds.append(Path(database.location).read_bytes())
    assert builds[0] == builds[1]


def test_metadata(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    database.metadata = {"title": "first", "config": {"seed": 1}}
    database.add_frames([make_frame()])
    assert database.metadata == {"title": "first", "config": {"seed": 1}}
    database.metadata = {"title": "second"}
    assert ase.db.connect(database.location).metadata == {"title": "second"}


def test_more_than_a_page_in_order(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    n_frames = 2 * PAGE_ROWS + 3
    database.add_frames(make_frame(step=step) for step in range(n_frames))
    assert [row.step for row in database.rows()] == list(range(n_frames))
    assert [row.step for row in database.rows(f"step>={n_frames - 2}")] == [
        n_frames - 2,
        n_frames - 1,
    ]


def test_rows_far_apart_are_found_in_order(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    """Selected with others between them, and with gaps that deleted rows have left."""
    n_frames = 2 * PAGE_ROWS
    database.add_frames(
        make_frame(step=step, generator="ab"[step % 7 == 0]) for step in range(n_frames)
    )
    with ase.db.connect(database.location) as direct:
        direct.delete(list(range(100, 300)))  # of the numbers, which begin at 1
    left = [step for step in range(n_frames) if not 100 <= step + 1 < 300]
    assert [row.step for row in database.rows()] == left
    selected = [row.step for row in database.rows("generator=b")]
    assert selected == [step for step in left if step % 7 == 0]
    assert list(database.rows("step>100000")) == []


def test_ase_opens_it(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    database.add_frames([make_frame(step=7)], model=MODEL)
    command = [
        sys.executable,
        "-m",
        "ase",
        "db",
        database.location,
        "step=7",
        "-c",
        "id,step,quality",
    ]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert listing.splitlines()[1].replace(" ", "") == "1|7|ok"


def test_ase_gui_opens_it(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    """Without a window: the viewer reads all rows and lists their energies."""
    frames = [make_frame(step=step) for step in range(3)]
    database.add_frames(frames, model=MODEL)
    command = [sys.executable, "-m", "ase", "gui", "-t", "-g", "i,epot", database.location]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    shown = [[float(word) for word in line.split()] for line in listing.splitlines()]
    assert shown == [[step, frame.info["energy_mlip_eV"]] for step, frame in enumerate(frames)]


def test_a_failing_frame_leaves_the_database_as_it_was(
    database: AseDBWrapper, make_frame: MakeFrame
) -> None:
    database.add_frames([make_frame(step=0)])

    def frames() -> Iterator[Atoms]:
        yield make_frame(step=1)
        mixed = make_frame(step=2)
        mixed.calc = SinglePointCalculator(mixed, energy=mixed.info["energy_mlip_eV"] + 0.125)
        yield mixed

    with pytest.raises(StorageError) as error:
        database.add_frames(frames())
    assert str(error.value) == (
        "alloy-0001, step 2: the energy of its results is not the model's own (energy_mlip)"
    )
    assert [row.step for row in database.rows()] == [0]


def test_results_of_another_geometry_are_refused(
    database: AseDBWrapper, make_frame: MakeFrame
) -> None:
    frame = make_frame()
    frame.calc = SinglePointCalculator(frame, energy=frame.info["energy_mlip_eV"])
    frame.positions[0, 0] += 0.5
    with pytest.raises(StorageError, match="the results of a frame belong to other positions"):
        database.add_frames([frame])


def test_what_is_no_database(tmp_path: Path, make_frame: MakeFrame) -> None:
    missing = AseDBWrapper(tmp_path / "missing.db")
    with pytest.raises(StorageError, match=r"missing\.db: there is no such database"):
        list(missing.frames())
    assert not (tmp_path / "missing.db").exists()
    (tmp_path / "text.db").write_text("not a database, " * 100)
    with pytest.raises(StorageError, match=r"text\.db: file is not a database"):
        AseDBWrapper(tmp_path / "text.db").add_frames([make_frame()])
    with pytest.raises(StorageError, match="info holds a object"):
        AseDBWrapper(tmp_path / "new.db").add_frames([make_frame(thing=object())])


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {here!r})
from conftest import labelled_frame
from mlip_autopipec.storage.db_wrapper import AseDBWrapper

def frames(first, n):
    for step in range(first, first + n):
        if step - first == {signal_after}:
            print("writing", flush=True)
        yield labelled_frame(step=step, structure_id=sys.argv[2])

database = AseDBWrapper(sys.argv[1])
for first in range(0, {n_frames}, {batch}):
    database.add_frames(frames(first, {batch}))
"""


def start_writer(path: str, name: str, **settings: int) -> subprocess.Popen[str]:
    """Start a process that adds frames in batches, and says when it is in the middle of one."""
    code = WRITER.format(here=str(Path(__file__).parent), **settings)
    command = [sys.executable, "-c", code, path, name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def wait_for_line(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"


def test_killed_while_writing(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    """Beyond SQLite's page cache the unfinished transaction is in the file already."""
    database.add_frames([make_frame(step=0)])
    size = Path(database.location).stat().st_size
    settings = {"n_frames": 10**6, "batch": 10**6, "signal_after": 4000}
    with start_writer(database.location, "killed", **settings) as process:
        wait_for_line(process)
        process.send_signal(signal.SIGKILL)
    assert Path(database.location).stat().st_size > 2 * size
    assert [row.step for row in database.rows()] == [0]
    with sqlite3.connect(database.location) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert database.add_frames([make_frame(step=1)]) == 1


def test_two_writers_lose_nothing(database: AseDBWrapper) -> None:
    settings = {"n_frames": 60, "batch": 10, "signal_after": 10**9}
    writers = [start_writer(database.location, name, **settings) for name in ("a", "b", "a")]
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert database.count() == 120
    assert database.count("structure_id=a") == database.count("structure_id=b") == 60


def test_the_user_is_noted(
    database: AseDBWrapper, make_frame: MakeFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "USER", "curie")
    database.add_frames([make_frame()])
    assert database.count("user=curie") == 1
