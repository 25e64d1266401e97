"""A run that is killed and goes on must end as the undisturbed one does, to the last bit.

Energies stand in the trajectory with all their digits, so equal files mean equal bits.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.emt import EMT
from ase.io import read, write

from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.explorers.checkpoints import CheckpointStore
from mlip_autopipec.explorers.md_engine import explore
from mlip_autopipec.explorers.result import ExplorationResult

Config = Callable[..., ExplorationConfig]
TRAJECTORY = "alloy-0003.xyz"
CASES = {
    "nvt": {"ensemble": "nvt", "temperature_K": {"start": 300, "end": 900}},
    "npt": {"ensemble": "npt", "pressure_GPa": {"start": 0.0, "end": 5.0}},
    "npt-shape": {"ensemble": "npt", "cell_shape": "full"},
    "moves": {
        "ensemble": "npt",
        "temperature_K": 2000.0,
        "monte_carlo": {"kind": "swap", "every": 3, "attempts": 2},
    },
    "recovering": {
        "ensemble": "nvt",
        "temperature_K": 1000.0,
        "guards": {"max_temperature_K": 900.0, "max_recoveries": 50},
    },
}


class Killed(BaseException):
    """Stands for a kill: nothing in the engine may catch it."""


class Fuse(EMT):
    """EMT that is killed at a given call."""

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls = calls

    def calculate(self, *args: object, **kwargs: object) -> None:
        self.calls -= 1
        if self.calls == 0:
            raise Killed
        super().calculate(*args, **kwargs)


@pytest.fixture(autouse=True)
def _checkpoints_always_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CheckpointStore, "is_due", lambda _self: True)


@pytest.fixture
def small(copper_gold: Atoms) -> Atoms:
    """Eight atoms in a cell smaller than EMT's cutoff."""
    atoms = copper_gold[:8]
    atoms.set_cell(copper_gold.cell.array * [[0.5], [0.5], [1.0]])
    return atoms


def undisturbed(
    atoms: Atoms, exploration: ExplorationConfig, directory: Path
) -> tuple[bytes, ExplorationResult]:
    result = explore(atoms, exploration, seed=3, directory=directory, calculator=Fuse(-1))
    return (directory / TRAJECTORY).read_bytes(), result


@pytest.mark.parametrize("case", CASES)
def test_killed_at_random_moments(
    case: str, small: Atoms, config: Config, tmp_path: Path, rng: np.random.Generator
) -> None:
    exploration = config(n_steps=60, checkpoint_every=7, save_every=5, **CASES[case])
    expected, calm = undisturbed(small, exploration, tmp_path / "undisturbed")
    n_kills, result = 0, None
    while result is None:
        fuse = Fuse(int(rng.integers(6, 26)))
        try:
            result = explore(small, exploration, seed=3, directory=tmp_path, calculator=fuse)
        except Killed:
            n_kills += 1
    assert n_kills >= 2
    assert (tmp_path / TRAJECTORY).read_bytes() == expected
    assert (result.moves_by_pair, result.faults) == (calm.moves_by_pair, calm.faults)
    assert (calm.recoveries > 0) == (case == "recovering")
    assert (calm.moves.accepted > 0) == (case == "moves")


@pytest.fixture
def interrupted(small: Atoms, config: Config, tmp_path: Path) -> Callable[[], bytes]:
    """A run killed at its 45th call, with checkpoints at steps 0, 7, ... 42.

    Returns a function that goes on with it and returns the trajectory, having checked that it did
    not start afresh unless ``calls`` allows that.
    """
    exploration = config(n_steps=60, checkpoint_every=7, save_every=5, ensemble="nvt")
    with pytest.raises(Killed):
        explore(small, exploration, seed=3, directory=tmp_path, calculator=Fuse(45))

    def go_on(calls: int) -> bytes:
        fuse = Fuse(1000)
        explore(small, exploration, seed=3, directory=tmp_path, calculator=fuse)
        assert 1000 - fuse.calls == calls
        return (tmp_path / TRAJECTORY).read_bytes()

    return go_on


@pytest.fixture
def expected(small: Atoms, config: Config, tmp_path: Path) -> bytes:
    """The trajectory that `interrupted` should end with."""
    exploration = config(n_steps=60, checkpoint_every=7, save_every=5, ensemble="nvt")
    return undisturbed(small, exploration, tmp_path / "undisturbed")[0]


def newest_first(directory: Path) -> list[Path]:
    checkpoints = (directory / ".alloy-0003.working").glob("checkpoint-*.bin")
    return sorted(checkpoints, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def test_nothing_is_done_twice(interrupted: Callable[[int], bytes], expected: bytes) -> None:
    assert interrupted(60 - 42) == expected


@pytest.mark.parametrize("harm", ["torn", "altered", "empty", "missing"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    harm: str, interrupted: Callable[[int], bytes], expected: bytes, tmp_path: Path
) -> None:
    newest = newest_first(tmp_path)[0]
    damage(newest, harm)
    assert interrupted(60 - 35) == expected


def test_with_all_checkpoints_damaged_the_run_starts_afresh(
    interrupted: Callable[[int], bytes], expected: bytes, tmp_path: Path
) -> None:
    for path in newest_first(tmp_path):
        damage(path, "altered")
    assert interrupted(1 + 60) == expected


@pytest.mark.parametrize("tail", [b"MLAP1\n\x00\x00torn", b"\x00" * 5000])
def test_a_torn_last_frame_is_cut_off(
    tail: bytes, interrupted: Callable[[int], bytes], expected: bytes, tmp_path: Path
) -> None:
    with (tmp_path / ".alloy-0003.working" / "frames.bin").open("ab") as stream:
        stream.write(tail)
    assert interrupted(60 - 42) == expected


def test_frames_lost_behind_a_checkpoint_send_it_back_to_one_whose_frames_are_there(
    interrupted: Callable[[int], bytes], expected: bytes, tmp_path: Path
) -> None:
    # The last frame that the checkpoint of step 42 counts on is that of step 40; step 35 has 8.
    frames = tmp_path / ".alloy-0003.working" / "frames.bin"
    os.truncate(frames, frames.stat().st_size - 1)
    assert interrupted(60 - 35) == expected


@pytest.mark.parametrize("change", ["seed", "structure", "config"])
def test_a_checkpoint_of_other_content_is_not_gone_on_from(
    change: str,
    interrupted: Callable[[int], bytes],
    small: Atoms,
    config: Config,
    tmp_path: Path,
) -> None:
    assert interrupted is not None
    exploration = config(
        n_steps=60,
        checkpoint_every=7,
        save_every=5,
        ensemble="nvt",
        timestep_fs=1.0 if change == "config" else 2.0,
    )
    if change == "structure":
        small.positions[0, 0] += 1e-15
    fuse = Fuse(1000)
    seed = 4 if change == "seed" else 3
    explore(small, exploration, seed=seed, directory=tmp_path, calculator=fuse)
    assert 1000 - fuse.calls == 1 + 60


def damage(path: Path, harm: str) -> None:
    content = bytearray(path.read_bytes())
    if harm == "missing":
        path.unlink()
        return
    if harm == "torn":
        del content[len(content) // 2 :]
    elif harm == "altered":
        content[len(content) // 2] ^= 1
    elif harm == "empty":
        content.clear()
    path.write_bytes(content)


PROGRAM = """
import sys
from pathlib import Path
from ase.io import read
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.explorers import checkpoints
from mlip_autopipec.explorers.md_engine import explore

checkpoints._COST_SHARE = 1.0
directory = Path(sys.argv[1])
config = ExplorationConfig.model_validate_json((directory / "config.json").read_text())
explore(read(directory / "start.xyz"), config, seed=3, directory=directory)
"""


def run_with_kills(directory: Path, n_kills: int, rng: np.random.Generator) -> None:
    """Run in processes of their own, each killed with -9 after a random time but the last."""
    working = directory / ".alloy-0003.working"
    for kills in range(n_kills + 1):
        before = {path.stat().st_mtime_ns for path in working.glob("checkpoint-*.bin")}
        process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(directory)])
        if kills == n_kills:
            assert process.wait(timeout=120) == 0
            return
        while process.poll() is None:
            now = {path.stat().st_mtime_ns for path in working.glob("checkpoint-*.bin")}
            if now - before:
                break
            time.sleep(0.005)
        time.sleep(float(rng.uniform(0.0, 0.15)))
        process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=120) == -signal.SIGKILL


def killed_for_real(
    case: str, atoms: Atoms, exploration: ExplorationConfig, directory: Path, n_kills: int
) -> None:
    write(directory / "start.xyz", atoms)
    (directory / "config.json").write_text(exploration.model_dump_json())
    run_with_kills(directory, n_kills, np.random.default_rng(len(case)))
    start, calm = read(directory / "start.xyz"), directory / "calm"
    explore(start, exploration, seed=3, directory=calm)
    assert (directory / TRAJECTORY).read_bytes() == (calm / TRAJECTORY).read_bytes()


def test_killed_with_signal_9(small: Atoms, config: Config, tmp_path: Path) -> None:
    exploration = config(n_steps=60, checkpoint_every=10, save_every=5, **CASES["moves"])
    killed_for_real("moves", small, exploration, tmp_path, n_kills=1)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("case", ["nvt", "npt", "moves"])
def test_killed_with_signal_9_at_twenty_moments(
    case: str, small: Atoms, config: Config, tmp_path: Path
) -> None:
    exploration = config(n_steps=3000, checkpoint_every=20, save_every=5, **CASES[case])
    killed_for_real(case, small, exploration, tmp_path, n_kills=20)
