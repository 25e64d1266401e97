"""Farthest-point selection beside other libraries, on the same points in one run.

    uv run --with skmatter --with fpsample python benchmarks/sampling.py

prints, for trajectory-like and for isotropic Gaussian features, the time of each and whether it
chose the same points; then the time and the memory of a selection from a memory-mapped file.
Libraries that are not installed are left out. `--threads` holds for all of them.
"""

import argparse
import importlib.util
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

THREADS = sys.argv[sys.argv.index("--threads") + 1] if "--threads" in sys.argv else "2"
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = THREADS  # read when NumPy and numba are imported

import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402

from mlip_autopipec.sampling.farthest_point import farthest_point_indices  # noqa: E402

Features = npt.NDArray[np.float32]
Choose = Callable[[Features, int], npt.NDArray[np.integer]]


def gaussian_features(n_points: int, n_features: int, seed: int) -> Features:
    """Return isotropic normal points: the hardest case, since all distances are alike."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n_points, n_features), dtype=np.float32)


def trajectory_features(n_points: int, n_features: int, seed: int) -> Features:
    """Return points such as molecular dynamics gives.

    100 trajectories about centres of their own; in each, an Ornstein-Uhlenbeck walk that forgets
    in 20 frames and widens as in a temperature ramp; standard deviations fall along the columns
    as those of principal components do.
    """
    rng = np.random.default_rng(seed)
    n_trajectories, memory_frames = 100, 20.0
    length = n_points // n_trajectories
    spectrum = np.arange(1, n_features + 1) ** -0.75
    decay = np.exp(-1.0 / memory_frames)
    centres = rng.normal(size=(n_trajectories, n_features))
    walk = rng.normal(size=(n_trajectories, n_features))
    features = np.empty((n_trajectories, length, n_features), dtype=np.float32)
    for frame in range(length):
        amplitude = 0.2 + 0.5 * frame / length
        features[:, frame] = (centres + amplitude * walk) * spectrum
        kick = rng.normal(size=walk.shape)
        walk = decay * walk + np.sqrt(1.0 - decay**2) * kick
    return features.reshape(-1, n_features)


def by_this_package(features: Features, n: int) -> npt.NDArray[np.integer]:
    """Choose with the package's own function."""
    return farthest_point_indices(features, n)[0]


def by_matrix_vector(features: Features, n: int) -> npt.NDArray[np.integer]:
    """Choose with the plain loop in single precision, which is not exact."""
    norms = np.einsum("ij,ij->i", features, features)
    squared = np.full(len(features), np.inf, dtype=np.float32)
    chosen = np.zeros(n, dtype=np.int64)
    for place in range(1, n):
        last = chosen[place - 1]
        np.minimum(squared, norms + norms[last] - 2.0 * (features @ features[last]), out=squared)
        chosen[place] = np.argmax(squared)
    return chosen


def by_skmatter(features: Features, n: int) -> npt.NDArray[np.integer]:
    """Choose with scikit-matter."""
    from skmatter.sample_selection import FPS  # noqa: PLC0415 - optional

    selected: npt.NDArray[np.integer] = FPS(n_to_select=n, initialize=0).fit(features).selected_idx_
    return selected


def by_fpsample(features: Features, n: int) -> npt.NDArray[np.integer]:
    """Choose with fpsample (its bucket methods are for few dimensions only)."""
    import fpsample  # noqa: PLC0415 - optional

    selected: npt.NDArray[np.integer] = fpsample.fps_sampling(features, n, start_idx=0)
    return selected


CONTESTANTS: dict[str, tuple[str, Choose]] = {
    "mlip-autopipe": ("mlip_autopipec", by_this_package),
    "NumPy, matrix × vector": ("numpy", by_matrix_vector),
    "scikit-matter": ("skmatter", by_skmatter),
    "fpsample": ("fpsample", by_fpsample),
}


def compare(n_points: int, n_features: int, n: int, repeats: int) -> None:
    """Print one line a library and data set; the times are the best of the repeats."""
    print(f"{n_points:,} × {n_features} → {n:,}, {THREADS} threads")
    by_this_package(gaussian_features(200, n_features, 0), 10)  # compile
    for make in (trajectory_features, gaussian_features):
        features = make(n_points, n_features, 1)
        reference = by_this_package(features, n)
        ours = np.inf
        for name, (module, choose) in CONTESTANTS.items():
            if importlib.util.find_spec(module) is None:
                print(f"  {make.__name__:20s} {name:24s} is not installed")
                continue
            seconds = np.inf
            for _ in range(repeats):
                start = time.perf_counter()
                chosen = choose(features, n)
                seconds = min(seconds, time.perf_counter() - start)
            ours = min(ours, seconds) if choose is by_this_package else ours
            same = "the same points" if np.array_equal(chosen, reference) else "other points"
            factor = f"{seconds / ours:5.1f} ×"
            print(f"  {make.__name__:20s} {name:24s} {seconds:7.2f} s {factor}  {same}")


class MemoryWatch(threading.Thread):
    """Follows the memory that belongs to this process alone (mapped files do not count)."""

    def __init__(self) -> None:
        """Begin at once."""
        super().__init__(daemon=True)
        self.peak_bytes = 0
        self.done = threading.Event()
        self.start()

    def run(self) -> None:
        """Look every 20 ms."""
        while not self.done.wait(0.02):
            for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
                if line.startswith("RssAnon"):
                    self.peak_bytes = max(self.peak_bytes, 1024 * int(line.split()[1]))


def from_a_file(n_points: int, n_features: int, n: int) -> None:
    """Print time and memory of a selection from a memory-mapped file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.npy"
        np.save(path, trajectory_features(n_points, n_features, 2))
        features = np.load(path, mmap_mode="r")
        farthest_point_indices(features[:100], 2)  # compile for read-only memory
        watch = MemoryWatch()
        start = time.perf_counter()
        farthest_point_indices(features, n)
        seconds = time.perf_counter() - start
        watch.done.set()
        mega = watch.peak_bytes / 1e6
        limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"{n_points:,} × {n_features} → {n:,} from a memory-mapped file of ", end="")
        print(f"{path.stat().st_size / 1e6:.0f} MB: {seconds:.1f} s, {mega:.0f} MB of own memory")
        print(f"(largest resident size with mapped and generated data: {limit:.0f} MB)")


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=2, help="threads of every library")
    parser.add_argument("--points", type=int, default=50_000)
    parser.add_argument("--features", type=int, default=128)
    parser.add_argument("--choose", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--file-points", type=int, default=1_000_000)
    arguments = parser.parse_args()
    compare(arguments.points, arguments.features, arguments.choose, arguments.repeats)
    from_a_file(arguments.file_points, 64, arguments.choose)


if __name__ == "__main__":
    main()
