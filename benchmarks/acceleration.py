"""Stock and fused models side by side: seconds a call, their ratio, and the distance to the limit.

Calls alternate between the two calculators, so that what else the machine does reaches both; the
ratio is that of the fastest calls, and the spread is that of the ratios of neighbouring pairs. The
limit is the time that the additions and multiplications of the convolutions would take at the rate
measured for matrix products.

    uv run python -m benchmarks.acceleration                    # all cases, one thread
    uv run python -m benchmarks.acceleration --cases 7net-0/32 --pairs 9
    uv run python -m benchmarks.acceleration --cpu-time         # where others use the machine
    uv run python -m benchmarks.acceleration --processes 2      # throughput of two against one
"""

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import Calculator

from benchmarks import side_by_side
from benchmarks.side_by_side import Task
from mlip_autopipec.calculators import sevennet
from mlip_autopipec.calculators.fused.acceleration import accelerate_mace
from mlip_autopipec.config.calculator import SevenNetConfig

SPECIES = (29, 79)
PEAK_SIZE = 1024
STREAM_BYTES = 1 << 28


@dataclass(frozen=True)
class Case:
    """A model, a number of fcc cells along each axis, and the ratio that is aimed at."""

    model: str
    n_cells: int
    target: float

    @property
    def name(self) -> str:
        """Model and number of atoms."""
        return f"{self.model}/{4 * self.n_cells**3}"


CASES = (
    Case("7net-0", 2, 6.0),
    Case("7net-0", 3, 6.0),
    Case("7net-l3i5", 3, 9.0),
    Case("mace-128x0e", 2, 3.0),
    Case("mace-128x0e+128x1o", 2, 4.0),
)


def alloy(n_cells: int) -> Atoms:
    """Return rattled Cu-Au."""
    atoms = bulk("Cu", "fcc", a=3.8, cubic=True) * (n_cells, n_cells, n_cells)
    rng = np.random.default_rng(0)
    atoms.numbers[:] = np.array(SPECIES)[rng.permutation(len(atoms)) % 2]
    atoms.rattle(0.05, seed=1)
    return atoms


def mace_calculator(hidden: str) -> Calculator:
    """Return a MACE calculator with random weights, in single precision."""
    from e3nn import o3  # noqa: PLC0415 - only for MACE's cases
    from mace import modules  # noqa: PLC0415
    from mace.calculators import MACECalculator  # noqa: PLC0415

    torch.manual_seed(1)
    block = modules.interaction_classes["RealAgnosticResidualInteractionBlock"]
    model = modules.ScaleShiftMACE(
        r_max=6.0,
        num_bessel=8,
        num_polynomial_cutoff=5,
        max_ell=3,
        interaction_cls=block,
        interaction_cls_first=block,
        num_interactions=2,
        num_elements=len(SPECIES),
        hidden_irreps=o3.Irreps(hidden),
        MLP_irreps=o3.Irreps("16x0e"),
        atomic_energies=np.zeros(len(SPECIES)),
        avg_num_neighbors=40.0,
        atomic_numbers=list(SPECIES),
        correlation=3,
        gate=torch.nn.functional.silu,
        atomic_inter_scale=1.0,
        atomic_inter_shift=0.0,
    )
    return MACECalculator(models=model.float(), device="cpu", default_dtype="float32")


def calculator(model: str, *, fused: bool) -> Calculator:
    """Return a model's calculator."""
    if model.startswith("mace-"):
        own = mace_calculator(model.removeprefix("mace-"))
        if fused:
            accelerate_mace(own)
        return own
    accelerate = "auto" if fused else "off"
    return sevennet.build(SevenNetConfig(model=model, device="cpu", accelerate=accelerate))


def seconds(own: Calculator, atoms: Atoms, seed: int, clock: Callable[[], float]) -> float:
    """Time one evaluation of a structure that the calculator has not seen."""
    moved = atoms.copy()
    moved.rattle(0.01, seed=seed)
    begin = clock()
    own.calculate(moved, ["energy", "forces", "stress"])
    return clock() - begin


def operations(own: Calculator, n_edges: int) -> float:
    """Count the multiplications and additions of all convolutions, forward and backward."""
    model = own.models[0] if hasattr(own, "models") else own.model
    plans = [
        layer.tabulated.plan if hasattr(layer, "tabulated") else layer.plan
        for layer in model.modules()
        if hasattr(layer, "tabulated") or hasattr(layer, "tables")
    ]
    messages = sum(int(path[:3].prod()) for plan in plans for path in plan.paths)
    splines = sum(plan.n_weights for plan in plans)
    # Forward once, backward twice (the features' gradient and the couplings'); a weight is five
    # products, each time, and its slope five more.
    return 2.0 * n_edges * (3 * messages + 15 * splines)


def peaks() -> tuple[float, float]:
    """Measure the rates of matrix products, in Gflop/s, and of streaming, in GB/s."""
    matrix = torch.randn(PEAK_SIZE, PEAK_SIZE)
    stream = torch.zeros(STREAM_BYTES // 4)
    products, streams = [], []
    for _ in range(5):
        begin = time.perf_counter()
        matrix @ matrix
        middle = time.perf_counter()
        stream.add_(1.0)
        end = time.perf_counter()
        products.append(2e-9 * PEAK_SIZE**3 / (middle - begin))
        streams.append(2e-9 * STREAM_BYTES / (end - middle))
    return max(products), max(streams)


def n_edges_of(own: Calculator, atoms: Atoms) -> int:
    """Count the directed edges within the model's cutoff."""
    from matscipy.neighbours import neighbour_list  # noqa: PLC0415 - both packages bring it

    cutoff = own.r_max if hasattr(own, "r_max") else own.cutoff
    return len(neighbour_list("i", atoms, float(cutoff)))


def compare(case: Case, n_pairs: int, clock: Callable[[], float], peak: float) -> str:
    """Measure one case; return its line of the table."""
    atoms = alloy(case.n_cells)
    stock, fused = calculator(case.model, fused=False), calculator(case.model, fused=True)
    for own in (stock, fused):
        seconds(own, atoms, 0, clock)
    report = fused.acceleration.report
    if not report.accelerated:
        return f"{case.name:28s} not accelerated: {report.reason}"
    times = np.array(
        [
            [seconds(own, atoms, 1 + number, clock) for own in (stock, fused)]
            for number in range(n_pairs)
        ]
    )
    fastest = times.min(axis=0)
    low, high = np.percentile(times[:, 0] / times[:, 1], [10, 90])
    force = np.abs(stock.results["forces"] - fused.results["forces"]).max()
    share = operations(fused, n_edges_of(fused, atoms)) * 1e-9 / peak / fastest[1]
    return (
        f"{case.name:28s} {fastest[0]:8.3f} {fastest[1]:8.4f} {fastest[0] / fastest[1]:6.1f} "
        f"({low:4.1f} to {high:4.1f}) {case.target:6.1f} {force:9.1e} {share:6.0%}"
    )


def prepare(model: str, n_cells: int, n_calls: int, number: int) -> Task:
    """Load the fused model in a process of its own; return a task of some calls."""
    torch.set_num_threads(1)
    own, atoms = calculator(model, fused=True), alloy(n_cells)
    seeds = count(1000 * number)

    def task() -> float:
        for _ in range(n_calls):
            seconds(own, atoms, next(seeds), time.perf_counter)
        return n_calls

    return task


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", nargs="*", default=[case.name for case in CASES])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cpu-time", action="store_true")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", r"`torch\.jit\.", FutureWarning)
    torch.set_num_threads(options.threads)
    clock = time.process_time if options.cpu_time else time.perf_counter
    chosen = [case for case in CASES if case.name in options.cases]
    if options.processes > 1:
        for case in chosen:
            rates = side_by_side.compare(
                prepare, (case.model, case.n_cells, 40), options.processes, options.pairs
            )
            print(f"{case.name:28s} calls: {rates}", flush=True)
        return
    product, stream = peaks()
    print(f"matrix products {product:.0f} Gflop/s, streaming {stream:.0f} GB/s")
    print(
        "case                           stock s  fused s  ratio (spread)       aim  forces    share"
    )
    for case in chosen:
        print(compare(case, options.pairs, clock, product), flush=True)


if __name__ == "__main__":
    main()
