"""Exported files: no leak, an exact round trip, and training by MACE and SevenNet themselves."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import ase.io
import numpy as np
import pytest
import yaml
from ase import Atoms
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator

from mlip_autopipec.errors import StorageError
from mlip_autopipec.storage.db_wrapper import AseDBWrapper
from mlip_autopipec.storage.export import SplitKey, export_extxyz, reference_energies
from mlip_autopipec.storage.splitting import Fractions
from mlip_autopipec.storage.training import MACE_KEYS

MakeFrame = Callable[..., Atoms]
MODEL = {"kind": "emt", "model": "emt", "sha256": None}
EMT_LABELS = (
    "energies, forces and stresses are those of the potential emt; they are not DFT results"
)


@pytest.fixture
def database(tmp_path: Path, make_frame: MakeFrame) -> AseDBWrapper:
    """Ten trajectories of four frames with labels of EMT, as they come from files."""
    frames = []
    for number in range(10):
        for step in range(4):
            frame = make_frame(step=step, structure_id=f"alloy-{number}")
            frame.positions = frame.positions.round(8)
            frame.calc = EMT()
            energy, forces = frame.get_potential_energy(), frame.get_forces().round(8)
            stress = frame.get_stress()
            frame.info["energy_mlip_eV"] = energy
            frame.set_array("forces_mlip", forces)
            frame.calc = SinglePointCalculator(frame, energy=energy, forces=forces, stress=stress)
            frames.append(frame)
    database = AseDBWrapper(tmp_path / "dataset.db")
    database.add_frames(frames, model=MODEL)
    database.metadata = {"labels": EMT_LABELS}
    return database


def test_parts_share_no_trajectory(database: AseDBWrapper, tmp_path: Path) -> None:
    report = export_extxyz(database, tmp_path / "export")
    assert report.n_frames == {"train": 32, "valid": 4, "test": 4}
    assert report.n_trajectories == {"train": 8, "valid": 1, "test": 1}
    names = [
        {frame.info["structure_id"] for frame in ase.io.read(tmp_path / "export" / file, ":")}
        for file in report.files.values()
    ]
    assert sum(len(each) for each in names) == len(set.union(*names)) == 10


def test_the_round_trip_is_exact(database: AseDBWrapper, tmp_path: Path) -> None:
    report = export_extxyz(database, tmp_path)
    stored = {row.unique_id: row for row in database.rows()}
    seen = 0
    for file in report.files.values():
        for frame in ase.io.read(tmp_path / file, ":"):
            row = stored[frame.info["unique_id"]]
            assert np.array_equal(frame.numbers, row.numbers)
            assert np.array_equal(frame.positions, row.positions)
            assert np.array_equal(frame.cell.array, row.cell)
            assert frame.get_potential_energy() == frame.info["REF_energy"] == row.energy
            assert np.array_equal(frame.get_forces(), row.forces)
            assert np.array_equal(frame.arrays["REF_forces"], row.forces)
            assert np.array_equal(frame.get_stress(), row.stress)
            assert np.array_equal(frame.info["REF_stress"], row.stress)
            assert frame.info["label_model"] == "emt"
            seen += 1
    assert seen == len(stored) == 40


def test_hints(database: AseDBWrapper, tmp_path: Path) -> None:
    export_extxyz(database, tmp_path)
    hints = json.loads((tmp_path / "export.json").read_text())
    assert hints["labels"] == EMT_LABELS
    assert hints["mace_run_train"]["energy_key"] == MACE_KEYS["energy"]
    frames = ase.io.read(tmp_path / "train.xyz", ":")
    predicted = [
        sum(hints["e0_eV"][element] * n for element, n in frame.symbols.formula.count().items())
        for frame in frames
    ]
    # One composition: the fit is the mean.
    mean = np.mean([frame.get_potential_energy() for frame in frames])
    assert np.allclose(predicted, mean, rtol=1e-10)


def test_hints_for_the_trainers(database: AseDBWrapper, tmp_path: Path) -> None:
    export_extxyz(database, tmp_path)
    hints = json.loads((tmp_path / "export.json").read_text())
    assert yaml.safe_load((tmp_path / "mace.yaml").read_text()) == hints["mace_run_train"]
    assert yaml.safe_load((tmp_path / "sevennet.yaml").read_text()) == hints["sevennet"]
    assert (tmp_path / "mace.yaml").read_text().startswith(f"# {EMT_LABELS}\n")


def test_what_made_the_labels_is_said_by_the_rows(database: AseDBWrapper, tmp_path: Path) -> None:
    """A database that several models have labelled says so, whatever its metadata."""
    frame = next(database.frames("structure_id=alloy-3,step=1"))
    database.add_frames([frame], model={"kind": "mace", "model": "small", "sha256": "ab12"})
    database.metadata = {}
    report = export_extxyz(database, tmp_path)
    assert report.labels == (
        f"{EMT_LABELS}; energies, forces and stresses are those of the potential mace small, "
        "SHA-256 ab12; they are not DFT results"
    )


def test_energies_of_elements_are_those_that_the_labels_were_made_of() -> None:
    compositions = [{"Cu": 1, "Au": 3}, {"Cu": 4}, {"Cu": 2, "Au": 2}]
    keys = [
        SplitKey(number, "a", ("", ""), counts, -3.5 * counts["Cu"] - 3.2 * counts.get("Au", 0))
        for number, counts in enumerate(compositions)
    ]
    found = reference_energies(keys, ["Au", "Cu", "Ni"])
    assert found == pytest.approx({"Au": -3.2, "Cu": -3.5, "Ni": 0.0}, abs=1e-12)


def test_exported_frames_are_not_stored_again(database: AseDBWrapper, tmp_path: Path) -> None:
    """There and back: the content key of each exported frame is that of its row."""
    magnetic = next(database.frames("structure_id=alloy-3,step=1"))
    magnetic.calc = None
    magnetic.set_initial_magnetic_moments([2.0, 0.5, 0.0, -1.25])
    database.add_frames([magnetic], model=MODEL)
    report = export_extxyz(database, tmp_path)
    files = [tmp_path / file for file in report.files.values()]
    frames = [frame for file in files for frame in ase.io.read(file, ":")]
    assert len(frames) == 41
    assert database.add_frames(frames, model=MODEL) == 0


def test_a_second_label_set_is_exported_as_such(database: AseDBWrapper, tmp_path: Path) -> None:
    frame = next(database.frames("structure_id=alloy-3,step=1"))
    frame.calc = SinglePointCalculator(frame, energy=-7.0, forces=np.ones((4, 3)))
    database.add_labels("dft", [frame], source="PBE, 500 eV")
    report = export_extxyz(database, tmp_path, label_set="dft", fractions=Fractions(1.0, 0.0, 0.0))
    assert report.labels == "dft: PBE, 500 eV"
    (written,) = ase.io.read(tmp_path / "train.xyz", ":")
    assert written.info["REF_energy"] == -7.0
    assert written.info["label_set"] == "dft"
    assert "label_model" not in written.info


def test_nothing_to_export(database: AseDBWrapper, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="has no frame to export"):
        export_extxyz(database, tmp_path, selection="step=99")
    with pytest.raises(StorageError, match="has no frame to export"):
        export_extxyz(database, tmp_path, label_set="dft")
    unlabelled = AseDBWrapper(tmp_path / "bare.db")
    unlabelled.add_frames([Atoms("Cu")])
    with pytest.raises(StorageError, match=r"bare\.db: row 1 has no energy or no forces"):
        export_extxyz(unlabelled, tmp_path)


def run_program(command: list[str], folder: Path) -> str:
    """Run a program in a folder, and return what it printed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.model
def test_mace_trains_on_it(database: AseDBWrapper, tmp_path: Path) -> None:
    report = export_extxyz(database, tmp_path)
    options = {
        "config": "mace.yaml",
        "name": "tiny",
        "model": "MACE",
        "r_max": 4.0,
        "num_channels": 4,
        "max_L": 0,
        "num_interactions": 1,
        "batch_size": 8,
        "valid_batch_size": 4,
        "max_num_epochs": 2,
        "device": "cpu",
        "default_dtype": "float64",
    }
    words = [f"--{key}={value}" for key, value in options.items()]
    code = "from mace.cli.run_train import main; main()"
    output = run_program([sys.executable, "-W", "ignore", "-c", code, *words], tmp_path)
    assert f"Training set 1/1 [energy: {report.n_frames['train']}, stress:" in output
    assert "Epoch 1" in output
    assert list(tmp_path.glob("**/tiny*.model"))


@pytest.mark.slow
@pytest.mark.model
def test_sevennet_trains_on_it(database: AseDBWrapper, tmp_path: Path) -> None:
    export_extxyz(database, tmp_path)
    hints = yaml.safe_load((tmp_path / "sevennet.yaml").read_text())
    settings = {
        "model": {
            "chemical_species": "auto",
            "cutoff": 4.0,
            "channel": 4,
            "lmax": 1,
            "num_convolution_layer": 2,
            "weight_nn_hidden_neurons": [8],
            "radial_basis": {"radial_basis_name": "bessel", "bessel_basis_num": 4},
            "cutoff_function": {"cutoff_function_name": "poly_cut", "poly_cut_p_value": 6},
        },
        "train": {
            "random_seed": 1,
            "is_train_stress": True,
            "epoch": 1,
            "per_epoch": 1,
            "scheduler": "exponentiallr",
            "scheduler_param": {"gamma": 0.99},
        },
        "data": {**hints["data"], "batch_size": 4, "scale": "force_rms"},
    }
    (tmp_path / "input.yaml").write_text(yaml.safe_dump(settings))
    code = "import sys; from sevenn.main.sevenn import main; main()"
    words = ["train", "input.yaml", "-s"]
    output = run_program([sys.executable, "-W", "ignore", "-c", code, *words], tmp_path)
    assert "Epoch 1" in output
    assert list(tmp_path.glob("checkpoint*.pth"))
