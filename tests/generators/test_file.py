from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111
from ase.constraints import FixAtoms
from ase.db import connect
from ase.io import write
from hypothesis import given, settings
from hypothesis import strategies as st

from mlip_autopipec.config.faults import validate
from mlip_autopipec.config.generation import FileConfig
from mlip_autopipec.errors import ConfigError, GenerationError
from mlip_autopipec.generators.file import FileGenerator
from mlip_autopipec.structures.checks import PairLimits
from mlip_autopipec.structures.identity import structure_key

FERROPERICLASE = """data_ferropericlase
_cell_length_a 4.24
_cell_length_b 4.24
_cell_length_c 4.24
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F m -3 m'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Mg1 Mg 0 0 0 {magnesium}
Fe1 Fe 0 0 0 {iron}
O1 O 0.5 0.5 0.5 1.0
"""


def generator(path: Path | str, seed: int = 42, **document: object) -> FileGenerator:
    config = validate(FileConfig, {"path": str(path), **document})
    return FileGenerator(config, label="file", seed=seed)


def made(path: Path | str, **document: object) -> list[Atoms]:
    return list(generator(path, **document).generate())


@pytest.mark.parametrize("name", ["cu.cif", "POSCAR", "cu.xyz", "cu.traj", "cu.json", "cu.xsf"])
def test_what_ase_writes_is_read(tmp_path: Path, name: str) -> None:
    copper = bulk("Cu", cubic=True)
    write(tmp_path / name, copper)
    (atoms,) = made(tmp_path / name)
    assert atoms.get_chemical_formula() == "Cu4"
    # formats keep 5 to 16 decimals
    assert atoms.cell.cellpar() == pytest.approx(copper.cell.cellpar(), abs=1e-4)
    assert atoms.info == {
        "source": f"{tmp_path / name}@0",
        "structure_id": "file-0000",
        "generator": "file",
        "seed": 42,
    }


def test_each_frame_is_made_once_unless_more_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "metals.xyz"
    write(path, [bulk(symbol) for symbol in ("Cu", "Au", "Al")])
    assert [atoms.get_chemical_formula() for atoms in made(path)] == ["Cu", "Au", "Al"]
    more = made(path, n_structures=5, checks={"duplicates": "allow"})
    assert [atoms.get_chemical_formula() for atoms in more] == ["Cu", "Au", "Al", "Cu", "Au"]
    assert [atoms.get_chemical_formula() for atoms in made(path, n_structures=2)] == ["Cu", "Au"]


@pytest.mark.parametrize(
    ("index", "expected"), [("1", "Au"), ("-1", "Al"), ("::2", "CuAl"), ("1:", "AuAl")]
)
@pytest.mark.parametrize("name", ["metals.xyz", "metals.db"])
def test_frames_are_chosen_by_index(tmp_path: Path, name: str, index: str, expected: str) -> None:
    write(tmp_path / name, [bulk(symbol) for symbol in ("Cu", "Au", "Al")])
    atoms = made(tmp_path / name, index=index)
    assert "".join(frame.get_chemical_formula() for frame in atoms) == expected


def test_rows_of_a_database_are_chosen_by_selection(tmp_path: Path) -> None:
    with connect(tmp_path / "metals.db") as database:
        for symbol, stable in (("Cu", True), ("Au", False), ("Al", True)):
            database.write(bulk(symbol), stable=stable)
    atoms = made(tmp_path / "metals.db", select="stable=True,Cu=0")
    assert [frame.get_chemical_formula() for frame in atoms] == ["Al"]


def test_folders_and_globs_are_read_in_the_order_of_names(tmp_path: Path) -> None:
    for symbol in ("Cu", "Au", "Al"):
        write(tmp_path / f"{symbol}.cif", bulk(symbol))
    write(tmp_path / "W.xyz", bulk("W"))
    (tmp_path / ".hidden").write_text("no structure")
    (tmp_path / "folder").mkdir()
    formulas = [atoms.get_chemical_formula() for atoms in made(tmp_path)]
    assert formulas == ["Al", "Au", "Cu", "W"]
    source = generator(tmp_path / "*.cif")
    assert len(list(source.generate())) == 3
    assert source.inputs == tuple(tmp_path / f"{symbol}.cif" for symbol in ("Al", "Au", "Cu"))


def test_fixed_atoms_and_tags_are_kept_but_no_results(tmp_path: Path) -> None:
    slab = fcc111("Cu", (1, 1, 3), vacuum=5.0)
    slab.set_constraint(FixAtoms(indices=[0]))
    slab.set_momenta(np.ones((3, 3)))
    write(tmp_path / "slab.traj", slab)
    (atoms,) = made(tmp_path / "slab.traj", supercell=[2, 1, 1])
    assert atoms.constraints[0].index.tolist() == [0, 3]
    assert atoms.get_tags().tolist() == [3, 2, 1] * 2
    assert atoms.calc is None
    assert "momenta" not in atoms.arrays


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32 - 1), quarters=st.integers(1, 3), repeats=st.integers(1, 2))
def test_mixed_sites_are_occupied_exactly(
    tmp_path_factory: pytest.TempPathFactory, seed: int, quarters: int, repeats: int
) -> None:
    path = tmp_path_factory.mktemp("cif") / "mixed.cif"
    path.write_text(FERROPERICLASE.format(magnesium=quarters / 4, iron=1 - quarters / 4))
    allowed = {"duplicates": "allow"}
    source = generator(path, seed, supercell=[repeats, 1, 1], n_structures=2, checks=allowed)
    for atoms in source.generate():
        assert Counter(atoms.get_chemical_symbols()) == {
            "Mg": quarters * repeats,
            "Fe": (4 - quarters) * repeats,
            "O": 4 * repeats,
        }
        assert "site" not in atoms.arrays
    assert structure_key(source.make(1)) == structure_key(
        generator(path, seed, supercell=[repeats, 1, 1], checks=allowed).make(1)
    )


def test_missing_occupancy_becomes_vacancies(tmp_path: Path) -> None:
    path = tmp_path / "wuestite.cif"
    path.write_text(FERROPERICLASE.format(magnesium=0.25, iron=0.5))
    (atoms,) = made(path)
    assert Counter(atoms.get_chemical_symbols()) == {"Mg": 1, "Fe": 2, "O": 4}


def test_sites_listed_one_by_one_are_occupied_together(tmp_path: Path) -> None:
    lines = FERROPERICLASE.format(magnesium=0.75, iron=0.25).splitlines()
    plain = [line for line in lines if "space_group" not in line][:-3]
    for site, (x, y, z) in enumerate([(0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]):
        plain += [f"Mg{site} Mg {x} {y} {z} 0.75", f"Fe{site} Fe {x} {y} {z} 0.25"]
    path = tmp_path / "listed.cif"
    path.write_text("\n".join(plain) + "\n")
    (atoms,) = made(path)
    assert Counter(atoms.get_chemical_symbols()) == {"Mg": 3, "Fe": 1}


def test_a_cell_too_small_for_its_occupancies_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dilute.cif"
    path.write_text(FERROPERICLASE.format(magnesium=0.95, iron=0.05))
    with pytest.raises(GenerationError) as caught:
        made(path)
    assert str(caught.value) == (
        f"file: 4 sites are too few for 0.05 of Fe; enlarge the supercell ({path}@0)"
    )


def test_occupancies_beyond_one_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "crowded.cif"
    path.write_text(FERROPERICLASE.format(magnesium=0.75, iron=0.5))
    with pytest.raises(GenerationError, match="sum to more than 1"):
        made(path)


def test_broken_files_are_named_and_skipped_only_when_allowed(tmp_path: Path) -> None:
    write(tmp_path / "good.cif", bulk("Cu"))
    (tmp_path / "broken.cif").write_text("data_x\nloop_\n_atom_site_label\n")
    with pytest.raises(
        GenerationError, match=r"broken\.cif cannot be read \(.*\(skip_broken: true"
    ):
        made(tmp_path)
    with pytest.raises(GenerationError, match=r"no file of .* can be read; .*it holds no struct"):
        made(tmp_path / "broken.cif", skip_broken=True)
    source = generator(tmp_path, skip_broken=True)
    assert len(list(source.generate())) == 1
    assert source.rejections == {"file cannot be read": 1}
    source.use_limits(PairLimits(0.5))  # which begins anew
    assert source.rejections == {"file cannot be read": 1}
    assert source.plan().detail == (
        f"1 structures of 1 files ({tmp_path}), 1 files skipped, 1×1×1 cells"
    )


def test_structures_with_overlapping_atoms_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "overlap.xyz"
    write(path, Atoms("Cu2", positions=[[0, 0, 0], [0, 0, 0.5]]))
    with pytest.raises(GenerationError, match=r"Cu \(atom 0\) is 0\.500 Å from Cu \(atom 1\)"):
        made(path)


def test_nothing_to_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match=r"nowhere\.xyz matches no file"):
        made(tmp_path / "nowhere.xyz")
    with pytest.raises(GenerationError, match="matches no file"):
        made(tmp_path)
    write(tmp_path / "metals.xyz", [bulk("Cu")])
    with pytest.raises(GenerationError, match="it holds no structure at index 5:"):
        made(tmp_path, index="5:")


@pytest.mark.parametrize("index", ["", "a", "1.5", "::0", "1:2:3:4"])
def test_an_index_that_is_no_slice_is_refused(index: str) -> None:
    with pytest.raises(ConfigError, match="index"):
        validate(FileConfig, {"path": "x.xyz", "index": index})


def test_the_plan_tells_the_formulas_apart(tmp_path: Path) -> None:
    write(tmp_path / "m.xyz", [bulk(symbol) for symbol in ("Cu", "Au", "Al", "W", "Cu")])
    plan = generator(tmp_path / "m.xyz").plan()
    assert plan.formula == "Cu, Au, Al, and 1 more"
    assert plan.elements == ("Al", "Au", "Cu", "W")
    assert (plan.n_structures, plan.n_atoms) == (4, 1)
    assert plan.rejections == {"near-duplicate": 1}


def test_a_crystal_that_is_there_twice_is_made_once(tmp_path: Path) -> None:
    copper = bulk("Cu", a=3.61)
    write(tmp_path / "a.cif", copper)
    turned = bulk("Cu", a=3.61, cubic=True).repeat((1, 2, 1))
    turned.rotate(30.0, (1, 1, 0), rotate_cell=True)
    turned.positions += 0.7
    write(tmp_path / "b.xyz", turned[[3, 1, 7, 5, 0, 2, 4, 6]])
    write(tmp_path / "c.cif", bulk("Cu", a=3.65))
    source = generator(tmp_path)
    assert [atoms.info["structure_id"] for atoms in source.generate()] == ["file-0000", "file-0002"]
    assert source.rejections == {"near-duplicate": 1}
    with pytest.raises(GenerationError) as caught:
        generator(tmp_path, n_structures=3).plan()
    assert str(caught.value) == (
        "file-0001: it is the same as file-0000, as nothing in it is left to chance; ask for fewer "
        "structures, add a transform such as rattle, or set checks.duplicates: allow"
    )
    assert len(made(tmp_path, checks={"duplicates": "allow"})) == 3
