import gc
import math
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.constraints import FixAtoms, FixBondLength
from ase.io import read
from hypothesis import given
from hypothesis import strategies as st

from mlip_autopipec.structures.extxyz import (
    FrameFileError,
    concatenate,
    count_frames,
    frame_offsets,
    read_frame_at,
    read_frames,
    write_frames,
)

PRINTED_A = 0.5e-8 + 1e-12  # extended XYZ has 8 decimals: half of the last, and rounding


def labelled_frame() -> Atoms:
    rng = np.random.default_rng(7)
    atoms = bulk("Cu", cubic=True) * (2, 2, 2)
    atoms.positions += rng.normal(scale=0.1, size=(32, 3))
    atoms.set_momenta(rng.normal(size=(32, 3)))
    atoms.arrays["forces_mlip"] = rng.normal(size=(32, 3))
    atoms.info = {
        "structure_id": "alloy-0001",
        "generator": "alloy",
        "step": 20,
        "time_fs": 40.0,
        "temperature_K": 301.23456789012345,
        "pressure_GPa": 0.0,
        "ensemble": "npt",
        "energy_mlip_eV": -1.0 / 3.0,
        "energy_zbl_eV": 1e-17,
        "swap_acceptance": None,
        "seed": 2**62 + 1,
        "quality": "pre_failure",
        "zbl_touched": False,
    }
    forces = rng.normal(size=(32, 3))
    stress = rng.normal(size=6)
    atoms.calc = SinglePointCalculator(atoms, energy=-1.0 / 7.0, forces=forces, stress=stress)
    return atoms


def test_a_labelled_frame_comes_back_as_it_was(tmp_path: Path) -> None:
    frame = labelled_frame()
    path = tmp_path / "frames.xyz"

    assert write_frames(path, [frame, frame]) == 2
    first, second = read_frames(path)

    assert first.info == frame.info
    assert {key: type(value) for key, value in first.info.items()} == {
        key: type(value) for key, value in frame.info.items()
    }
    assert np.array_equal(first.numbers, frame.numbers)
    assert np.array_equal(first.pbc, frame.pbc)
    assert np.array_equal(first.cell.array, frame.cell.array)
    for name in ("positions", "momenta", "forces_mlip"):
        assert np.allclose(first.arrays[name], frame.arrays[name], rtol=0, atol=PRINTED_A)
    assert first.calc.results["energy"] == frame.calc.results["energy"]
    assert np.array_equal(first.get_stress(), frame.get_stress())
    assert np.allclose(first.get_forces(), frame.get_forces(), rtol=0, atol=PRINTED_A)
    assert second.info == frame.info


def test_a_path_may_be_a_string(tmp_path: Path) -> None:
    path = str(tmp_path / "frames.xyz")
    assert write_frames(path, [Atoms("Cu")]) == 1
    assert [str(frame.symbols) for frame in read_frames(path)] == ["Cu"]


def test_a_stride_passes_over_frames(tmp_path: Path) -> None:
    path = tmp_path / "frames.xyz"
    write_frames(path, [Atoms("Cu", info={"step": step}) for step in range(8)])
    assert [frame.info["step"] for frame in read_frames(path, every=3)] == [0, 3, 6]


def test_a_second_round_trip_changes_no_byte(tmp_path: Path) -> None:
    once, twice = tmp_path / "once.xyz", tmp_path / "twice.xyz"
    write_frames(once, [labelled_frame(), molecule("H2O")])
    write_frames(twice, read_frames(once))
    assert once.read_bytes() == twice.read_bytes()


def test_ase_reads_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "frames.xyz"
    write_frames(path, [labelled_frame()])
    atoms = read(path, index=0)
    assert atoms.info["structure_id"] == "alloy-0001"
    assert atoms.info["swap_acceptance"] is None
    assert atoms.get_potential_energy() == -1.0 / 7.0


TRAPS = [
    "F",
    "T",
    "true",
    "NaN",
    "nan",
    "inf",
    "12",
    "1e5",
    "1,2",
    "1 2",
    "T F",
    "",
    " ",
    "_JSON 3",
]
TRAPS += ['say "so"', "it's", "back\\slash", "two\nlines", "tab\there", "{a}", "[1 2]", "a=b", "Å²"]
TRAPS += ['\\"', "\\", "\x85", "\u2028", "x" * 300, "None", "null", "007", "1_000", "=", "'", "a b"]


@pytest.mark.parametrize("text", TRAPS)
def test_a_string_stays_a_string(tmp_path: Path, text: str) -> None:
    path = tmp_path / "frame.xyz"
    write_frames(path, [Atoms("H", info={"text": text, "after": 1})])
    (frame,) = read_frames(path)
    assert frame.info == {"text": text, "after": 1}
    assert isinstance(frame.info["text"], str)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)


@given(value=scalars)
def test_scalars_come_back_equal_and_of_their_type(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    path = tmp_path_factory.mktemp("frames") / "frame.xyz"
    write_frames(path, [Atoms("H", info={"value": value})])
    (frame,) = read_frames(path)
    assert frame.info["value"] == value
    assert type(frame.info["value"]) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        np.array([1.5]),
        np.array([1, 2, 3]),
        np.array([0.1, 2.0, -0.0]),
        np.array([True, False]),
        np.eye(3),
        np.arange(9.0),
        np.zeros(0),
    ],
)
def test_arrays_keep_their_shape_and_values(tmp_path: Path, value: np.ndarray) -> None:
    path = tmp_path / "frame.xyz"
    write_frames(path, [Atoms("H", info={"value": value})])
    (frame,) = read_frames(path)
    assert isinstance(frame.info["value"], np.ndarray)
    assert frame.info["value"].shape == value.shape
    assert np.array_equal(frame.info["value"], value)


def test_mappings_and_lists_of_strings_survive(tmp_path: Path) -> None:
    info = {"pairs": {"Cu-Au": [1, 2], "note": 'a "b"\\c'}, "names": ["T", "12"]}
    path = tmp_path / "frame.xyz"
    write_frames(path, [Atoms("H", info=info)])
    (frame,) = read_frames(path)
    assert frame.info == info


def test_not_a_number_stays_not_a_number(tmp_path: Path) -> None:
    path = tmp_path / "frame.xyz"
    write_frames(path, [Atoms("H", info={"value": math.nan})])
    (frame,) = read_frames(path)
    assert math.isnan(frame.info["value"])


def test_fixed_atoms_stay_fixed_and_tags_stay(tmp_path: Path) -> None:
    frame = bulk("Cu", cubic=True)
    frame.set_constraint(FixAtoms(indices=[1, 2]))
    frame.set_tags([3, 2, 1, 0])
    path = tmp_path / "frame.xyz"
    write_frames(path, [frame])
    (back,) = read_frames(path)
    assert back.constraints[0].index.tolist() == [1, 2]
    assert back.get_tags().tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize("pbc", [(True, False, True), (False, False, False), (True, True, True)])
def test_periodicity_survives_with_and_without_a_cell(
    tmp_path: Path, pbc: tuple[bool, bool, bool]
) -> None:
    path = tmp_path / "frame.xyz"
    with_cell = Atoms("H2", positions=[[0, 0, 0], [0, 0, 1]], cell=[4, 5, 6], pbc=pbc)
    write_frames(path, [with_cell, Atoms("H")])
    first, second = read_frames(path)
    assert tuple(first.pbc) == pbc
    assert not second.pbc.any()
    assert not second.cell.array.any()


def refuse_message(tmp_path: Path, frame: Atoms) -> str:
    path = tmp_path / "frame.xyz"
    with pytest.raises(FrameFileError) as caught:
        write_frames(path, [Atoms("H"), frame])
    assert not path.exists()
    return str(caught.value).removeprefix(f"{path}: frame 1: ")


def test_what_would_be_lost_is_refused(tmp_path: Path) -> None:
    assert refuse_message(tmp_path, Atoms("H", info={"energy": 1.0})) == (
        "key 'energy' is a word of the format; results belong to the calculator"
    )
    assert refuse_message(tmp_path, Atoms("H", info={"two words": 1})) == (
        "key 'two words' should be an identifier"
    )
    assert refuse_message(tmp_path, Atoms("H", info={"uid": "007"})).startswith("key 'uid' is a")
    assert refuse_message(tmp_path, Atoms("H", info={"what": object()})) == (
        "info key 'what' holds a object, which cannot be stored"
    )
    bonded = molecule("H2")
    bonded.set_constraint(FixBondLength(0, 1))
    assert refuse_message(tmp_path, bonded) == "a FixBondLengths constraint cannot be stored"
    named = Atoms("H")
    named.new_array("site", np.array(["1 a"]))
    assert refuse_message(tmp_path, named) == (
        "array 'site' of type <U3, shape (1,) cannot be stored"
    )


def test_results_of_other_positions_are_refused(tmp_path: Path) -> None:
    atoms = bulk("Cu")
    atoms.calc = EMT()
    atoms.get_potential_energy()
    atoms.positions[0, 0] += 0.1
    assert refuse_message(tmp_path, atoms) == "the results belong to other positions"


def test_a_failing_source_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "frames.xyz"
    write_frames(path, [Atoms("H")])
    before = path.read_bytes()

    def frames() -> Iterator[Atoms]:
        yield Atoms("He")
        message = "no more"
        raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="no more"):
        write_frames(path, frames())
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["frames.xyz"]


def test_written_frames_are_let_go_before_the_next_is_asked_for(tmp_path: Path) -> None:
    def frames() -> Iterator[Atoms]:
        written: list[weakref.ref[Atoms]] = []
        for number in range(5):
            gc.collect()
            assert all(frame() is None for frame in written[:-1])
            frame = Atoms("H", info={"number": number})
            written.append(weakref.ref(frame))
            yield frame
            del frame

    assert write_frames(tmp_path / "frames.xyz", frames()) == 5


def test_a_file_without_frames_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "none.xyz"
    assert write_frames(path, []) == 0
    assert list(read_frames(path)) == []
    assert count_frames(path) == 0


def test_torn_files_are_recognised_at_every_cut(tmp_path: Path) -> None:
    path = tmp_path / "frames.xyz"
    write_frames(path, [molecule("H2O", info={"number": 0}), molecule("H2O", info={"number": 1})])
    whole = path.read_bytes()
    second = whole.index(b"3\n", 1)
    for cut in range(second + 1, len(whole)):
        path.write_bytes(whole[:cut])
        frames = read_frames(path)
        assert next(frames).info["number"] == 0
        with pytest.raises(FrameFileError, match="frame 1 ends too early: the file is torn"):
            next(frames)


def test_malformed_and_missing_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "frames.xyz"
    with pytest.raises(FrameFileError, match=r"frames\.xyz: cannot be read \(No such file"):
        list(read_frames(path))
    path.write_text("hello\n")
    with pytest.raises(FrameFileError, match="should begin with a number of atoms, not 'hello'"):
        list(read_frames(path))
    path.write_text("1\nProperties=species:S:1:pos:R:3\nH 0 0 zero\n")
    with pytest.raises(FrameFileError, match="frame 0: is malformed"):
        list(read_frames(path))
    path.write_bytes(b"1\n\xff\xfe\nH 0 0 0\n")
    with pytest.raises(FrameFileError, match="it is not text in UTF-8"):
        list(read_frames(path))
    write_frames(path, [Atoms("H")])
    path.write_bytes(path.read_bytes() + b"\n" + path.read_bytes())
    with pytest.raises(FrameFileError, match="frame 1 should begin with a number of atoms, not ''"):
        list(read_frames(path))


def test_concatenation_keeps_order_and_bytes(tmp_path: Path) -> None:
    parts = [tmp_path / f"{name}.xyz" for name in "bac"]
    for number, part in enumerate(parts):
        write_frames(part, [labelled_frame(), Atoms("H", info={"part": number})])
    target = tmp_path / "all.xyz"
    concatenate(parts, target)
    assert target.read_bytes() == b"".join(part.read_bytes() for part in parts)
    assert count_frames(target) == 6
    assert [f.info["part"] for f in read_frames(target) if "part" in f.info] == [0, 1, 2]


def test_a_frame_is_read_alone_at_its_byte(tmp_path: Path) -> None:
    path = tmp_path / "frames.xyz"
    names = ["Å", "two words", "c"]
    write_frames(path, [molecule("H2O", info={"name": name}) for name in names])
    offsets = frame_offsets(path)
    assert offsets[0] == 0
    assert len(offsets) == 3
    assert [read_frame_at(path, offset).info["name"] for offset in offsets] == names
    with pytest.raises(FrameFileError, match="should begin with a number of atoms"):
        read_frame_at(path, offsets[1] + 3)
    end = path.stat().st_size
    with pytest.raises(FrameFileError, match=f"no frame begins at byte {end}"):
        read_frame_at(path, end)
