"""How cost grows with workers, atoms, structures and frames, each against what is expected.

    uv run python -m benchmarks.scaling                     # all parts, some forty minutes
    uv run python -m benchmarks.scaling atoms frames        # some parts; the others are kept
    uv run python -m benchmarks.scaling --quick --results /tmp/scaling     # in a minute

The exponent of a part is the slope of a straight line through the logarithms of cost and size,
with its standard error; where a fixed cost hides the growth at small sizes, a second line is drawn
through the larger ones alone. What one process does is told in its processor time, which other work
on the machine hardly touches; runs of several processes in wall time.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[variable] = "1"  # read when NumPy, numba and torch are imported

import numpy as np  # noqa: E402
from ase.build import bulk  # noqa: E402

from benchmarks import orchestration, side_by_side, workers  # noqa: E402
from benchmarks.machine import machine  # noqa: E402
from benchmarks.sampling import trajectory_features  # noqa: E402
from benchmarks.storage import labelled_frames  # noqa: E402
from mlip_autopipec.calculators.factory import build_calculator  # noqa: E402
from mlip_autopipec.config import PipelineConfig  # noqa: E402
from mlip_autopipec.config.exploration import ExplorationConfig  # noqa: E402
from mlip_autopipec.explorers.md_engine import explore  # noqa: E402
from mlip_autopipec.pipeline.runner import PipelineRunner  # noqa: E402
from mlip_autopipec.reporting.figures import style  # noqa: E402
from mlip_autopipec.sampling.farthest_point import farthest_point_indices  # noqa: E402
from mlip_autopipec.storage.db_wrapper import AseDBWrapper  # noqa: E402
from mlip_autopipec.structures.extxyz import read_frames, write_frames  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "scaling"
MEASUREMENTS, TABLE, FIGURE = "measurements.json", "table.md", "scaling.png"
MODEL = {"kind": "benchmark", "model": "benchmark", "sha256": None}
N_FEATURES = 64


@dataclass(frozen=True)
class Sizes:
    """How far each part goes.

    Attributes:
        workers: Calculators whose steps one and two workers take.
        rounds: Of one and of two workers, in turn.
        repeats: Cubic fcc cells along the axes, from 8 to 500 atoms.
        calculator: Kind of the potential whose steps are timed against atoms.
        seconds: That a measurement of steps should take at least.
        structures: Of a run through Prefect and Dask.
        plain: Of a run without them.
        frames: That are selected from.
        chosen: Frames that are selected.
        stored: Frames that are written to files and to a database, and read.
    """

    workers: tuple[str, ...] = ("emt", "sevennet")
    rounds: int = 3
    repeats: tuple[tuple[int, int, int], ...] = (
        (2, 1, 1),
        (2, 2, 1),
        (2, 2, 2),
        (4, 2, 2),
        (3, 3, 3),
        (4, 4, 4),
        (5, 5, 5),
    )
    calculator: str = "sevennet"
    seconds: float = 3.0
    structures: tuple[int, ...] = (10, 50, 200, 700, 2000)
    plain: tuple[int, ...] = (10, 50, 200, 700, 2000)
    frames: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)
    chosen: int = 500
    stored: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000)


QUICK = Sizes(
    workers=("emt",),
    rounds=1,
    repeats=((2, 1, 1), (2, 2, 1), (2, 2, 2)),
    calculator="emt",
    seconds=0.1,
    structures=(),
    plain=(2, 4, 8),
    frames=(1_000, 2_000, 4_000),
    chosen=20,
    stored=(100, 200, 400),
)


@dataclass(frozen=True)
class Exponent:
    """Slope of the logarithm of cost against that of size.

    Attributes:
        value: The slope.
        error: Its standard error; infinite for two points.
        first: Smallest size that took part.
    """

    value: float
    error: float
    first: float


def exponent(sizes: list[float], costs: list[float]) -> Exponent:
    """Fit a straight line to the logarithms by least squares.

    Raises:
        ValueError: There are fewer than two sizes.
    """
    if len(sizes) < 2:
        message = f"an exponent takes two sizes; given: {sizes}"
        raise ValueError(message)
    x, y = np.log(sizes), np.log(costs)
    x_mean, y_mean = x.mean(), y.mean()
    spread = float(((x - x_mean) ** 2).sum())
    slope = float(((x - x_mean) * (y - y_mean)).sum()) / spread
    residuals = y - y_mean - slope * (x - x_mean)
    free = len(sizes) - 2
    error = float(np.sqrt((residuals**2).sum() / free / spread)) if free else float("inf")
    return Exponent(slope, error, sizes[0])


def clocked(work: Callable[[], object]) -> float:
    """Return the processor time that a call takes of this process, in s."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def curve(
    name: str, x: str, unit: str, expected: float, points: dict[int, float]
) -> dict[str, Any]:
    """Return a curve JSON-ready."""
    return {
        "name": name,
        "x": x,
        "unit": unit,
        "expected": expected,
        "sizes": list(points),
        "costs": list(points.values()),
    }


def by_workers(sizes: Sizes) -> dict[str, Any]:
    """Let one and two workers explore, by turns, and compare their steps a second."""
    found = {}
    for kind in sizes.workers:
        rates = side_by_side.compare(workers.prepare, (kind,), 2, sizes.rounds)
        found[kind] = asdict(rates)
        print(f"{kind}, steps: {rates}", flush=True)
    return {"workers": found}


def by_atoms(sizes: Sizes) -> dict[str, Any]:
    """Time steps of an exploration, Cu-Au in NPT with swaps left out, against atoms."""
    section = {"kind": sizes.calculator}
    config = ExplorationConfig.model_validate(
        {"calculator": section, "temperature_K": 600.0, "n_steps": 1}
    )
    calculator = build_calculator(config)
    points = {}
    for repeats in sizes.repeats:
        atoms = bulk("Cu", cubic=True, a=3.85) * repeats
        atoms.numbers[::2] = 79
        atoms.rattle(0.05, seed=1)

        def steps(n_steps: int) -> float:
            settings = config.model_copy(update={"n_steps": n_steps, "save_every": n_steps})
            with tempfile.TemporaryDirectory() as folder:
                begin = time.process_time()
                result = explore(
                    atoms,  # noqa: B023 - called in this turn of the loop
                    settings,
                    seed=1,
                    directory=Path(folder),
                    calculator=calculator,
                )
                seconds = time.process_time() - begin
            if result.status != "ok":
                raise RuntimeError(result.reason)
            return seconds / (n_steps + 1)

        n_steps = max(3, round(sizes.seconds / steps(2)))
        points[len(atoms)] = statistics.median(steps(n_steps) for _ in range(3))
        print(f"{len(atoms)} atoms: {1e3 * points[len(atoms)]:.2f} ms a step", flush=True)
    name = "a step of SevenNet-0" if sizes.calculator == "sevennet" else "a step of EMT"
    return {"curves": [curve(name, "atoms", "CPU s", 1.0, points)]}


def by_structures(sizes: Sizes) -> dict[str, Any]:
    """Time runs of structures of next to no work, with Prefect and Dask and without."""
    curves = [curve("plain loop, one process", "structures", "CPU s", 1.0, plain_runs(sizes.plain))]
    if sizes.structures:
        points = machinery_runs(sizes.structures)
        curves.append(curve("run, 2 workers", "structures", "wall s", 1.0, points))
    return {"curves": curves}


def plain_runs(numbers: tuple[int, ...]) -> dict[int, float]:
    """Return the time of `PipelineRunner.run` in s, by number of structures."""
    points = {}
    for n in (2, *numbers):  # the first compiles and touches
        document = orchestration.config(n, 1) | {"sampling": {"kind": "random", "n_samples": n}}
        with tempfile.TemporaryDirectory() as folder:
            runner = PipelineRunner(PipelineConfig.model_validate(document), f"{folder}/run")
            points[n] = clocked(runner.run)
        print(f"{n} structures without Prefect and Dask: {points[n]:.2f} s", flush=True)
    return {n: points[n] for n in numbers}


def machinery_runs(numbers: tuple[int, ...]) -> dict[int, float]:
    """Return the time of `mlip-autopipe run` in s, by number of structures."""
    points = {}
    with orchestration.user() as folder:
        orchestration.seconds(folder, orchestration.PROGRAM, "server")
        for n in numbers:
            document = orchestration.config(n, 1, cluster={"kind": "local", "n_workers": 2})
            document["sampling"] = {"kind": "random", "n_samples": n}
            path = orchestration.write(folder / f"{n}.yaml", document)
            command = (orchestration.PROGRAM, "run", path, "--run-dir", folder / str(n))
            points[n] = orchestration.seconds(folder, *command)
            print(f"{n} structures through Prefect and Dask: {points[n]:.1f} s", flush=True)
    return points


def by_frames(sizes: Sizes) -> dict[str, Any]:
    """Time selection from a mapped file, and writing and reading of files and databases."""
    selected = {}
    with tempfile.TemporaryDirectory() as folder:
        farthest_point_indices(trajectory_features(1_000, N_FEATURES, 0), 2)  # compiles
        for n in sizes.frames:
            path = Path(folder) / "features.npy"
            np.save(path, trajectory_features(n, N_FEATURES, 1))
            features = np.load(path, mmap_mode="r")
            farthest_point_indices(features[:100], 2)  # compiles for memory that is only read
            selected[n] = clocked(lambda: farthest_point_indices(features, sizes.chosen))  # noqa: B023
            print(f"{n} frames → {sizes.chosen}: {selected[n]:.3f} s", flush=True)
    curves = [curve(f"select {sizes.chosen}", "frames", "CPU s", 1.0, selected)]
    actions: dict[str, dict[int, float]] = {}
    for n in sizes.stored:
        for name, seconds in stored(n):
            actions.setdefault(name, {})[n] = seconds
            print(f"{n} frames, {name}: {seconds:.2f} s", flush=True)
    return {
        "curves": curves
        + [curve(name, "frames", "CPU s", 1.0, points) for name, points in actions.items()]
    }


def stored(n_frames: int) -> Iterator[tuple[str, float]]:
    """Yield the time of each thing that is done with frames of 32 atoms, in s."""
    frames = labelled_frames(n_frames)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frames.xyz"
        yield "write extxyz", clocked(lambda: write_frames(path, frames))
        yield "read extxyz", clocked(lambda: sum(1 for _ in read_frames(path)))
        database = AseDBWrapper(f"{folder}/frames.db")
        yield "add to database", clocked(lambda: database.add_frames(frames, model=MODEL))
        yield "read database", clocked(lambda: sum(1 for _ in database.frames()))


PARTS: dict[str, Callable[[Sizes], dict[str, Any]]] = {
    "workers": by_workers,
    "atoms": by_atoms,
    "structures": by_structures,
    "frames": by_frames,
}


def fits(found: dict[str, Any]) -> list[Exponent]:
    """Return the exponent over all sizes, and over the larger half where there are enough."""
    sizes, costs = found["sizes"], found["costs"]
    made = [exponent(sizes, costs)]
    if len(sizes) >= 4:
        first = (len(sizes) - 1) // 2
        made.append(exponent(sizes[first:], costs[first:]))
    return made


def table_of(parts: dict[str, Any]) -> str:
    """Return the tables as Markdown."""
    lines = []
    if "workers" in parts:
        lines += ["| | steps/s, one worker | two workers | ratio, median (range) | expected |"]
        lines += ["|---|---|---|---|---|"]
        for kind, rates in parts["workers"]["workers"].items():
            one, two = (statistics.median(rates[key]) for key in ("alone", "together"))
            pairs = zip(rates["alone"], rates["together"], strict=True)
            ratios = sorted(many / single for single, many in pairs)
            span = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
            lines += [f"| {kind} | {one:.1f} | {two:.1f} | {span} | 2 |"]
        lines += [""]
    lines += ["| cost | from | to | exponent, all sizes | exponent, larger sizes | expected |"]
    lines += ["|---|---|---|---|---|---|"]
    for part in parts.values():
        for found in part.get("curves", ()):
            every, *large = fits(found)
            points = list(zip(found["sizes"], found["costs"], strict=True))
            first, last = (
                f"{n:,} {found['x']}: {_seconds(cost)}" for n, cost in (points[0], points[-1])
            )
            upper = f"{_told(large[0])}, from {large[0].first:,.0f}" if large else "–"
            cells = [found["name"], first, last, _told(every), upper, f"{found['expected']:g}"]
            lines += [f"| {' | '.join(cells)} |"]
    return "\n".join(lines) + "\n"


def _told(fit: Exponent) -> str:
    return f"{fit.value:.2f} ± {fit.error:.2f}"


def _seconds(seconds: float) -> str:
    return f"{1e3 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def draw(parts: dict[str, Any], path: Path) -> None:
    """Draw a panel for each part that has curves."""
    drawn = {name: part["curves"] for name, part in parts.items() if "curves" in part}
    figure = style.new_figure(style.WIDE_IN, 2.9)
    for axes, (name, curves) in zip(
        style.panels(figure, len(drawn), len(drawn)), drawn.items(), strict=True
    ):
        for found, colour in zip(curves, style.CYCLE, strict=False):
            sizes, costs = np.array(found["sizes"]), np.array(found["costs"])
            last = fits(found)[-1]
            label = f"{found['name']}: {_told(last)}"
            axes.loglog(sizes, costs, "o", color=colour, ms=3.5)
            axes.loglog(sizes, costs, color=colour, lw=style.LINE_PT, label=label)
        largest = max(curves, key=lambda found: found["costs"][-1])
        ends = np.array([largest["sizes"][0], largest["sizes"][-1]])
        guide = 2.0 * largest["costs"][-1] * (ends / ends[-1]) ** largest["expected"]
        axes.loglog(ends, guide, ":", color=style.MUTED, lw=style.LINE_PT, label="exponent 1")
        axes.minorticks_off()
        low, high = axes.get_ylim()
        axes.set_ylim(low, high * (high / low) ** 0.45)
        units = " or ".join(sorted({found["unit"] for found in curves}))
        style.label(axes, x=curves[0]["x"], y=f"time ({units})", title=name)
        box = axes.legend(fontsize=6, loc="upper left", handlelength=1.2, framealpha=1.0)
        box.get_frame().set_linewidth(0.0)
    path.write_bytes(style.small_png(figure))


@contextmanager
def kept(results: Path) -> Iterator[dict[str, Any]]:
    """Yield the document of the measurements, and write it back."""
    path = results / MEASUREMENTS
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"parts": {}}
    yield document
    results.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure the parts that are asked for, then report all that there are."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", help=f"{', '.join(PARTS)}, report; all, if none")
    parser.add_argument("--quick", action="store_true", help="small sizes; figures mean little")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    wanted = options.parts or list(PARTS)
    if unknown := set(wanted) - {*PARTS, "report"}:
        parser.error(f"parts are {', '.join(PARTS)}; given: {', '.join(sorted(unknown))}")
    for part in wanted:
        if part in PARTS:
            measured = PARTS[part](QUICK if options.quick else Sizes())
            with kept(options.results) as document:
                document["parts"][part] = measured
                document["machine"] = machine()
    with kept(options.results) as document:
        parts = {name: document["parts"][name] for name in PARTS if name in document["parts"]}
    table = table_of(parts)
    (options.results / TABLE).write_text(table, encoding="utf-8")
    draw(parts, options.results / FIGURE)
    print(table)


if __name__ == "__main__":
    main()
