import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from mlip_autopipec.config.generation.cluster import (
    IcosahedronConfig,
    OctahedronConfig,
    SphereConfig,
    WulffConfig,
)
from mlip_autopipec.structures.clusters import cluster_sites


@pytest.mark.parametrize(("shells", "n_atoms"), [(1, 1), (2, 13), (3, 55), (4, 147), (5, 309)])
def test_icosahedra_have_mackays_numbers(shells: int, n_atoms: int) -> None:
    assert len(cluster_sites(IcosahedronConfig(shells=shells), 4.0)) == n_atoms


@pytest.mark.parametrize(
    ("length", "cutoff", "n_atoms"), [(2, 0, 6), (3, 0, 19), (4, 0, 44), (4, 1, 38), (7, 2, 201)]
)
def test_octahedra_have_their_magic_numbers(length: int, cutoff: int, n_atoms: int) -> None:
    assert len(cluster_sites(OctahedronConfig(length=length, cutoff=cutoff), 4.0)) == n_atoms


@pytest.mark.parametrize(
    ("energies", "asked", "n_atoms"),
    [  # closed shells of fcc around an atom
        ({"111": 1.0}, 80, 85),  # octahedron
        ({"111": 2.5}, 80, 85),  # the unit of energy does not matter
        ({"100": 1.0}, 60, 63),  # cube
        ({"111": 1.0, "100": 1.155}, 190, 201),  # truncated octahedron, γ ratio 2/√3
        ({"111": 1.0, "100": 0.6}, 13, 13),
    ],
)
def test_wulff_shapes_have_complete_facets(
    energies: dict[str, float], asked: int, n_atoms: int
) -> None:
    shape = WulffConfig(lattice="fcc", n_atoms=asked, surface_energies=energies)
    assert len(cluster_sites(shape, 4.0)) == n_atoms


@settings(deadline=None, max_examples=20)
@given(
    ratio=st.floats(0.65, 1.6),
    n_atoms=st.integers(20, 400),
    lattice=st.sampled_from(["fcc", "bcc"]),
)
def test_wulff_shapes_are_convex_and_cubic(ratio: float, n_atoms: int, lattice: str) -> None:
    energies = {"111": 1.0, "100": ratio}
    shape = WulffConfig(lattice=lattice, n_atoms=n_atoms, surface_energies=energies)
    sites = cluster_sites(shape, 1.0)
    rounded = {tuple(site) for site in np.round(sites * 2).astype(int)}
    assert rounded == {(b, a, c) for a, b, c in rounded}
    assert rounded == {(-a, b, c) for a, b, c in rounded}
    # every lattice point inside the hull belongs to the cluster
    hull = ConvexHull(sites)
    steps = np.arange(-8, 9)
    cells = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    basis = [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]] if lattice == "fcc" else [[0] * 3, [1] * 3]
    points = (2 * cells[:, None] + np.array(basis)).reshape(-1, 3) / 2
    inside = (points @ hull.equations[:, :3].T + hull.equations[:, 3] < 1e-9).all(axis=1)
    assert {tuple(point) for point in np.round(points[inside] * 2).astype(int)} == rounded


@pytest.mark.parametrize(("asked", "n_atoms"), [(1, 1), (12, 13), (20, 19), (43, 43), (56, 55)])
def test_spheres_have_complete_shells(asked: int, n_atoms: int) -> None:
    # shells of fcc: 1, 13, 19, 43, 55, 79, … (12, 6, 24, 12, 24 neighbours)
    sites = cluster_sites(SphereConfig(lattice="fcc", n_atoms=asked), 3.6)
    assert len(sites) == n_atoms
