import numpy as np
import pytest
from ase import Atoms
from ase.build import bcc110, bulk, fcc100, fcc110, fcc111, hcp0001, molecule

from mlip_autopipec.structures.surfaces import upper_surface

SLABS = {  # slab, and its numbers of top, bridge and hollow sites for each surface atom
    "fcc111": (fcc111("Cu", (1, 1, 4), vacuum=8.0), (1, 3, 2)),
    "fcc111, larger": (fcc111("Cu", (3, 2, 4), vacuum=8.0), (1, 3, 2)),
    "fcc100": (fcc100("Cu", (2, 2, 4), vacuum=8.0), (1, 2, 1)),
    "fcc110": (fcc110("Cu", (2, 1, 6), vacuum=8.0), (1, 1, 1)),  # bridges along the rows alone
    "bcc110": (bcc110("Fe", (1, 1, 4), vacuum=8.0), (1, 3, 2)),
    "hcp0001": (hcp0001("Mg", (1, 1, 4), vacuum=8.0), (1, 3, 2)),
}


@pytest.mark.parametrize("name", SLABS)
def test_sites_are_those_of_the_textbook(name: str) -> None:
    slab, expected = SLABS[name]
    slab.pbc = True
    surface = upper_surface(slab)
    n = len(surface.atoms_A)
    found = tuple(len(surface.sites(kind)) / n for kind in ("top", "bridge", "hollow"))
    assert found == expected
    for kind in ("top", "bridge", "hollow"):
        heights_A = surface.sites(kind) @ surface.normal
        assert heights_A == pytest.approx([slab.positions[:, 2].max()] * len(heights_A), abs=1e-9)


def test_hollows_lie_where_ase_has_them() -> None:
    slab = fcc111("Cu", (1, 1, 4), vacuum=8.0)
    slab.pbc = True
    info = slab.info["adsorbate_info"]
    surface = upper_surface(slab)
    offset = slab.positions[slab.get_tags() == 1][0, :2]
    for kind, names in (("hollow", ("fcc", "hcp")), ("bridge", ("bridge",))):
        for name in names:
            place = np.array(info["sites"][name]) @ info["cell"] + offset
            apart = (surface.sites(kind)[:, :2] - place) @ np.linalg.inv(info["cell"])
            # ASE gives its sites as thirds and halves
            assert np.abs(apart - np.rint(apart)).max(axis=1).min() < 1e-4


def test_a_slab_across_the_boundary_has_the_same_surface() -> None:
    slab = fcc111("Cu", (2, 2, 4), vacuum=8.0)
    slab.pbc = True
    whole = upper_surface(slab)
    slab.positions[:, 2] += 9.5
    slab.wrap()
    moved = upper_surface(slab)
    assert len(moved.atoms_A) == len(whole.atoms_A) == 4
    upper = np.flatnonzero(slab.get_tags() == 1)
    assert moved.atoms_A == pytest.approx(slab.positions[upper], abs=1e-9)


def test_adsorbed_atoms_are_no_surface() -> None:
    slab = fcc111("Cu", (2, 2, 4), vacuum=8.0)
    slab.pbc = True
    slab += Atoms("H", positions=[[0, 0, slab.positions[:, 2].max() + 1.5]])  # of tag 0
    assert len(upper_surface(slab).atoms_A) == 4


@pytest.mark.parametrize("atoms", [bulk("Cu", cubic=True), molecule("H2O", vacuum=5.0)])
def test_what_is_no_slab_is_refused(atoms: Atoms) -> None:
    with pytest.raises(ValueError, match="a slab with vacuum along one cell vector is needed"):
        upper_surface(atoms)
