"""A second set of labels beside the model's own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from mlip_autopipec.errors import StorageError
from mlip_autopipec.storage.db_wrapper import AseDBWrapper
from mlip_autopipec.storage.label_sets import LabelCount

MakeFrame = Callable[..., Atoms]
MODEL = {"kind": "emt", "model": "emt", "sha256": None}


@pytest.fixture
def database(tmp_path: Path, make_frame: MakeFrame) -> AseDBWrapper:
    database = AseDBWrapper(tmp_path / "dataset.db")
    database.add_frames([make_frame(step=step) for step in range(6)], model=MODEL)
    database.metadata = {"title": "run"}
    return database


def dft(frame: Atoms, energy: float) -> Atoms:
    """Return the geometry with other labels, as a DFT code gives it back."""
    bare = Atoms(frame.numbers, positions=frame.positions.round(8), cell=frame.cell, pbc=frame.pbc)
    forces = np.full((len(bare), 3), energy)
    bare.calc = SinglePointCalculator(bare, energy=energy, forces=forces, stress=np.arange(6.0))
    return bare


def test_labels_are_added_to_the_same_rows(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    labelled = [dft(make_frame(step=step), 10.0 + step) for step in (1, 4)]
    count = database.add_labels("dft", [*labelled, dft(make_frame(step=99), 0.0)], source="PBE")
    assert count == LabelCount(n_frames=3, n_rows=2, n_unmatched=1)
    assert database.metadata == {"title": "run", "label_sets": {"dft": "PBE"}}
    assert len(database) == 6
    found = list(database.frames(label_set="dft"))
    assert [frame.info["step"] for frame in found] == [1, 4]
    assert [frame.get_potential_energy() for frame in found] == [11.0, 14.0]
    assert np.array_equal(found[0].get_forces(), np.full((4, 3), 11.0))
    assert np.array_equal(found[0].get_stress(), np.arange(6.0))
    assert [row.step for row in database.rows("energy_dft_eV>12")] == [4]


def test_the_models_own_labels_stay(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    database.add_labels("dft", [dft(make_frame(step=2), 1.0)], source="PBE")
    (frame,) = database.frames("step=2")
    own = make_frame(step=2)
    assert frame.get_potential_energy() == own.info["energy_mlip_eV"]
    assert np.array_equal(frame.get_forces(), own.arrays["forces_mlip"])
    assert frame.info == own.info
    assert database.count("label_model=emt") == 6
    assert database.add_frames([own], model=MODEL) == 0


def test_labels_can_be_replaced_and_there_can_be_several_sets(
    database: AseDBWrapper, make_frame: MakeFrame
) -> None:
    frame = make_frame(step=3)
    database.add_labels("dft", [dft(frame, 1.0)], source="PBE")
    database.add_labels("r2scan", [dft(frame, 3.0)], source="r2SCAN")
    database.add_labels("dft", [dft(frame, 2.0)], source="PBE, denser k-points")
    (pbe,), (r2scan,) = (list(database.frames(label_set=name)) for name in ("dft", "r2scan"))
    assert (pbe.get_potential_energy(), r2scan.get_potential_energy()) == (2.0, 3.0)
    assert database.metadata["label_sets"] == {"dft": "PBE, denser k-points", "r2scan": "r2SCAN"}


def test_what_does_not_do_changes_nothing(database: AseDBWrapper, make_frame: MakeFrame) -> None:
    with pytest.raises(StorageError, match="label set 'DFT': a name has lower-case letters"):
        database.add_labels("DFT", [], source="PBE")
    with pytest.raises(StorageError, match="is not mlip or zbl"):
        database.add_labels("mlip", [], source="PBE")
    good, bare = dft(make_frame(step=0), 1.0), Atoms("Cu")
    with pytest.raises(StorageError) as error:
        database.add_labels("dft", [good, bare], source="PBE")
    assert str(error.value) == "Cu: has no energy and no forces, so it labels nothing"
    assert database.metadata == {"title": "run"}
    assert not list(database.frames(label_set="dft"))
    with pytest.raises(StorageError, match="there is no such database"):
        AseDBWrapper(f"{database.location}.missing").add_labels("dft", [], source="PBE")
