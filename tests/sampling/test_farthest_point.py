"""Farthest-point selection against the plain algorithm in double precision.

Each test runs the kernel for CPUs, and the code for GPUs on torch's CPU device.
"""

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mlip_autopipec.errors import SamplingError
from mlip_autopipec.sampling import farthest_point, farthest_point_device
from mlip_autopipec.sampling.farthest_point import central_index, farthest_point_indices
from mlip_autopipec.sampling.farthest_point_device import gpu_for

Points = npt.NDArray[np.floating]


@pytest.fixture(scope="module", autouse=True, params=["kernel", "torch", "torch in small blocks"])
def _way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Choose in one of the ways, whatever there is on this machine."""
    if request.param != "kernel" and find_spec("torch") is None:
        pytest.skip("torch, which the extras mace and sevenn bring, is not installed")
    with pytest.MonkeyPatch.context() as patch:
        device = None if request.param == "kernel" else "cpu"
        patch.setattr(farthest_point, "gpu_for", lambda *_: device)
        if request.param == "torch in small blocks":
            patch.setattr(farthest_point_device, "BLOCK_VALUES", 50)
        yield


def brute_force(points: Points, n: int, chosen: list[int]) -> tuple[list[int], list[float]]:
    """Every distance to every chosen point, in double precision; ``argmax`` takes the first."""
    points = points.astype(np.float64)
    squared = np.full(len(points), np.inf)
    for place in chosen:
        squared = np.minimum(squared, ((points - points[place]) ** 2).sum(axis=1))
    indices, distances, taken = [], [], list(chosen)
    for _ in range(n):
        squared[taken] = -1.0
        place = int(np.argmax(squared))
        indices.append(place)
        distances.append(float(np.sqrt(squared[place])))
        taken.append(place)
        squared = np.minimum(squared, ((points - points[place]) ** 2).sum(axis=1))
    return indices, distances


# Whole numbers: all distances are exact, equal ones are really equal, and duplicates abound.
grids = st.tuples(st.integers(1, 40), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.integers(-3, 3))
)


@settings(max_examples=200, deadline=None)
@given(points=grids, data=st.data())
def test_ties_and_duplicates_go_by_place(points: Points, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(points) - 1))
    n = data.draw(st.integers(1, len(points)))
    indices, distances = farthest_point_indices(points, n, start=start)
    expected, expected_distances = brute_force(points, n - 1, [start])
    assert indices.tolist() == [start, *expected]
    assert distances.tolist() == [np.inf, *expected_distances]


@settings(max_examples=50, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_points=st.integers(2, 300),
    n_features=st.integers(1, 40),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_equal_to_brute_force(seed: int, n_points: int, n_features: int, dtype: type) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(n_points, n_features)).astype(dtype)
    n = int(rng.integers(1, n_points + 1))
    indices, distances = farthest_point_indices(points, n, start=n_points // 2)
    expected, expected_distances = brute_force(points, n - 1, [n_points // 2])
    assert indices.tolist() == [n_points // 2, *expected]
    # Double precision sums in another order: 1e-16 a term.
    assert np.allclose(distances[1:], expected_distances, rtol=1e-13, atol=0.0)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n_points=st.integers(3, 200))
def test_continuation_equals_one_go(seed: int, n_points: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(-2, 3, size=(n_points, 4)).astype(np.float32)
    n = int(rng.integers(2, n_points + 1))
    cut = int(rng.integers(1, n))
    indices, distances = farthest_point_indices(points, n)
    more, more_distances = farthest_point_indices(points, n - cut, initial=indices[:cut])
    assert more.tolist() == indices[cut:].tolist()
    assert more_distances.tolist() == distances[cut:].tolist()


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_initial_points_are_kept_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(-1, 2, size=(30, 3)).astype(np.float64)
    initial = rng.integers(0, 30, size=7)  # may repeat
    n = 30 - len(set(initial.tolist()))
    indices, distances = farthest_point_indices(points, n, initial=initial)
    assert sorted(indices.tolist() + list(set(initial.tolist()))) == list(range(30))
    assert indices.tolist() == brute_force(points, n, initial.tolist())[0]
    assert np.all(np.diff(distances) <= 0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_points_does_not_matter(seed: int) -> None:
    """Where no two distances are equal, as with real numbers."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(80, 5))
    order = rng.permutation(80)
    one = farthest_point_indices(points, 20, start=central_index(points))[0]
    two = farthest_point_indices(points[order], 20, start=central_index(points[order]))[0]
    assert one.tolist() == order[two].tolist()


@pytest.mark.parametrize("n_table", [0, 1, 7, 4096])
def test_a_table_of_any_size_gives_the_same(n_table: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(farthest_point, "TABLE_POINTS", n_table)
    rng = np.random.default_rng(4)
    points = (rng.integers(0, 9, size=(8, 6)).repeat(40, axis=0)).astype(np.float32)
    points += rng.normal(scale=0.3, size=points.shape).astype(np.float32)
    expected, _ = brute_force(points, 60, [0, 5])
    assert farthest_point_indices(points, 60, initial=[0, 5])[0].tolist() == expected


@pytest.mark.parametrize("scale", [1e-30, 1e-21, 1e-3, 1e17, 1e29])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_of_any_size(scale: float, dtype: type) -> None:
    """Squares that vanish or overflow in single precision are compared all the same."""
    points = (scale * np.random.default_rng(6).normal(size=(60, 5))).astype(dtype)
    expected, distances = brute_force(points, 30, [0])
    indices, found = farthest_point_indices(points, 31)
    assert indices.tolist() == [0, *expected]
    assert np.allclose(found[1:], distances, rtol=1e-13, atol=0.0)  # double precision


@pytest.mark.parametrize("offset", [1e3, 1e6])
def test_points_far_from_the_origin(offset: float) -> None:
    """Differences count, so that a common offset costs no precision beyond that of the input."""
    points = np.random.default_rng(7).normal(size=(100, 20)).astype(np.float32)
    points += np.float32(offset)
    expected, _ = brute_force(points, 60, [0])
    assert farthest_point_indices(points, 61)[0].tolist() == [0, *expected]


def test_within_twice_the_best_radius() -> None:
    """Gonzalez' bound, where the best is known: four tight clusters."""
    rng = np.random.default_rng(5)
    centres = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], dtype=float)
    points = (centres[:, None] + rng.uniform(-0.5, 0.5, size=(4, 50, 2))).reshape(-1, 2)
    indices, _ = farthest_point_indices(points, 4)
    assert sorted(indices // 50) == [0, 1, 2, 3]


def test_a_memory_mapped_file(tmp_path: object) -> None:
    points = np.random.default_rng(3).normal(size=(500, 9)).astype(np.float32)
    path = f"{tmp_path}/points.npy"
    np.save(path, points)
    mapped = np.load(path, mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    expected = farthest_point_indices(points, 40)[0]
    assert farthest_point_indices(mapped, 40)[0].tolist() == expected.tolist()


def test_nothing_asked_for() -> None:
    indices, distances = farthest_point_indices(np.zeros((0, 3)), 0)
    assert indices.dtype == np.int64
    assert len(indices) == len(distances) == 0


@pytest.mark.parametrize(
    ("n", "options", "message"),
    [
        (5, {}, "5 points cannot be chosen: there are 4 to choose from"),
        (4, {"initial": [0]}, "4 points cannot be chosen: there are 3 to choose from"),
        (-1, {}, "-1 points cannot be chosen: there are 4 to choose from"),
        (2, {"start": 4}, "there is no point 4 among 4 points"),
        (2, {"initial": [1, -1]}, "there is no point -1 among 4 points"),
    ],
)
def test_impossible_requests(n: int, options: dict[str, object], message: str) -> None:
    with pytest.raises(SamplingError) as error:
        farthest_point_indices(np.zeros((4, 2)), n, **options)  # type: ignore[arg-type]
    assert str(error.value) == message


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e31])
@pytest.mark.parametrize("place", [0, 3])
def test_values_that_are_not_finite(value: float, place: int) -> None:
    points = np.zeros((5, 2))
    points[place, 1] = value
    with pytest.raises(SamplingError, match="not finite"):
        farthest_point_indices(points, 2)


def test_many_equal_distances() -> None:
    """A lattice with every point 30 times: what is left at the end is all at distance zero."""
    sites = np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3)
    points = sites.repeat(30, axis=0).astype(np.float32)
    expected, distances = brute_force(points, 100, [77])
    indices, found = farthest_point_indices(points, 100, initial=[77])
    assert indices.tolist() == expected
    assert found.tolist() == distances


def test_distances_equal_in_single_precision() -> None:
    """Points at distances from the first that differ by less than single precision resolves."""
    rng = np.random.default_rng(8)
    directions = rng.normal(size=(400, 24))
    radii = 1.0 + 1e-9 * rng.permutation(400)[:, None]
    points = np.vstack(
        [np.zeros(24), radii * directions / np.linalg.norm(directions, axis=1)[:, None]]
    )
    for each in (points, points.astype(np.float32)):
        expected, _ = brute_force(each, 60, [0])
        assert farthest_point_indices(each, 61)[0].tolist() == [0, *expected]


def test_a_gpu_is_used_where_it_pays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    points = np.zeros((1000, 50), dtype=np.float32)
    driver = tmp_path / "driver"
    driver.touch()
    monkeypatch.setattr(farthest_point_device, "DRIVERS", (str(driver),))
    monkeypatch.setattr(farthest_point_device, "BLOCK_VALUES", 1000)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (10**6, 10**6))
    needed = 4 * (1000 * 50 + 1000 + 2 * 1000)  # points, a distance each, a block and its source
    assert gpu_for(points, 10) is None  # too small
    monkeypatch.setattr(farthest_point_device, "WORTHWHILE", points.size * 10)
    assert gpu_for(points, 9) is None
    assert gpu_for(points, 10) == "cuda"
    for free, device in ((2 * needed, "cuda"), (2 * needed - 1, None)):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda free=free: (free, 10**9))
        assert gpu_for(points, 10) == device
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu_for(points, 10) is None


def test_torch_is_not_imported_where_there_is_no_driver() -> None:
    code = (
        "import sys, numpy as np\n"
        "from mlip_autopipec.sampling import farthest_point, farthest_point_device as device\n"
        "device.WORTHWHILE, device.DRIVERS = 0, ()\n"
        "farthest_point.farthest_point_indices(np.eye(3), 2)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
