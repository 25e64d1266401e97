"""Runs that add to one collection: where it is, and what of it they continue from."""

from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.errors import StorageError
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.storage.db_wrapper import AseDBWrapper


def runner(run_dir: Path, *, known: list[str], collection: str = "all.db") -> PipelineRunner:
    generator = {
        "kind": "alloy",
        "lattice": "fcc",
        "composition": {"Cu": 0.5, "Au": 0.5},
        "supercell": [2, 1, 1],
        "transforms": [{"kind": "rattle", "stdev_A": 0.05}],
    }
    document = {
        "name": run_dir.name,
        "generation": [generator],
        "exploration": {"calculator": {"kind": "emt"}, "n_steps": 10, "save_every": 2},
        "sampling": {
            "kind": "fps",
            "n_samples": 3,
            "known": known,
            "descriptor": {"kind": "soap", "n_max": 2, "l_max": 2},
        },
        "storage": {"collection": collection},
    }
    return PipelineRunner(PipelineConfig.model_validate(document), run_dir)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two folders, in the first of which we are."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    monkeypatch.chdir(first)
    return first, second


def test_the_same_run_from_another_folder_is_refused(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or it would make a second collection there, and say nothing."""
    first, second = folders
    runner(tmp_path / "run", known=[]).run()
    monkeypatch.chdir(second)
    with pytest.raises(StorageError) as caught:
        runner(tmp_path / "run", known=[]).run()
    assert str(caught.value) == (
        f"storage.collection: all.db is {second}/all.db from here, and was {first}/all.db when the "
        "run began; run from the same folder, or give the whole path"
    )
    assert not list(second.iterdir())
    runner(tmp_path / "run", known=[], collection=str(first / "all.db")).run()
    assert len(AseDBWrapper(first / "all.db")) == 3


def test_a_collection_moves_with_its_folder(
    folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner(folders[0] / "run", known=[]).run()
    moved = folders[0].rename(tmp_path / "moved")
    monkeypatch.chdir(moved)
    assert runner(moved / "run", known=[]).run().n_selected == 3
    monkeypatch.chdir(folders[1])
    with pytest.raises(StorageError, match=f"and was {moved}/all.db when the run began"):
        runner(moved / "run", known=[]).run()


@pytest.mark.usefixtures("folders")
@pytest.mark.parametrize("known", ["all.db", "./all.db", "../first/../first/all.db"])
def test_its_own_frames_are_not_known_to_a_run(known: str, tmp_path: Path) -> None:
    """However the collection is written, the run chooses the same when it is run again."""
    runner(tmp_path / "run", known=[known]).run()
    sampled = tmp_path / "run" / "sampled_structures.xyz"
    before = sampled.read_bytes()
    sampled.unlink()
    runner(tmp_path / "run", known=[known]).run()
    assert sampled.read_bytes() == before
