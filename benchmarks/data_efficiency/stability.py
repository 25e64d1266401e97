"""Do the trained potentials hold? Hot dynamics and collisions, with and without close pairs.

    uv run --with ace-jax python -m benchmarks.data_efficiency stability

takes the selections of the cells at one size, trains on each as it is and with a tenth of it
replaced by close pairs (so that the number of labels is the same), and counts what survives.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator
from ase.md.langevinbaoab import LangevinBAOAB
from ase.md.md import MolecularDynamics
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution, Stationary
from ase.md.verlet import VelocityVerlet

from benchmarks.data_efficiency import pools
from benchmarks.data_efficiency.dynamics import THERMOSTAT_TIME_FS, TIMESTEP_FS, solid_solution
from benchmarks.data_efficiency.grid import Examples, all_cells
from benchmarks.data_efficiency.learner import Example, train
from benchmarks.data_efficiency.oracle import labelled, oracle
from benchmarks.data_efficiency.settings import COMPOSITIONS, Case
from mlip_autopipec.config.generation.transforms import ClosePairConfig, RattleConfig
from mlip_autopipec.files import write_text
from mlip_autopipec.seeds import child_rng
from mlip_autopipec.structures.checks import closest_scaled_distance
from mlip_autopipec.structures.extxyz import read_frames, write_frames
from mlip_autopipec.structures.transforms import apply_transforms

STRATEGIES = ("random", "fps")
CLOSE_SHARE = 0.1
N_CLOSE = 40

HOT_K = 2000.0
HOT_EXPANSION = 1.05
SCALED_LIMIT = 0.4
"""Atoms nearer than this fraction of the sum of their covalent radii have fallen together."""

COLD_K = 300.0
COLLISION_STEP_FS = 0.25
COLLISION_FS = 60.0
COLLISION_LIMIT = 0.3
ENERGIES_EV = (20.0, 50.0, 100.0)
DRIFT_EV = 1.0
"""Energy that a collision may gain or lose; it begins with 20 eV or more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended: whether it survived, when it ended, and why."""

    survived: bool
    time_ps: float
    reason: str


def close_frames(case: Case) -> list[Atoms]:
    """Return labelled close pairs for training; the test set has others."""
    path = case.work / "pools" / "close-pairs.xyz"
    if not path.exists():
        calculator = oracle(case)

        def made() -> Iterator[Atoms]:
            for number in range(N_CLOSE):
                rng = child_rng(case.seed, "close-training", number)
                atoms = solid_solution(COMPOSITIONS[number % len(COMPOSITIONS)], rng)
                steps = (RattleConfig(stdev_A=0.05), ClosePairConfig())
                moved = apply_transforms(atoms, steps, rng)
                yield labelled(moved, calculator, f"close-training-{number:04d}")

        write_frames(path, made())
    return list(read_frames(path))


def heat(atoms: Atoms, picoseconds: float, rng: np.random.Generator) -> Outcome:
    """Run NVT dynamics at `HOT_K` until its end, or until it fails."""
    MaxwellBoltzmannDistribution(atoms, temperature_K=HOT_K, rng=rng)
    Stationary(atoms)
    dynamics = LangevinBAOAB(
        atoms,
        timestep=TIMESTEP_FS * units.fs,
        temperature_K=HOT_K,
        T_tau=THERMOSTAT_TIME_FS * units.fs,
        rng=rng,
    )
    return _followed(dynamics, atoms, round(1e3 * picoseconds / TIMESTEP_FS), SCALED_LIMIT)


def collide(atoms: Atoms, energy_eV: float, rng: np.random.Generator) -> Outcome:
    """Shoot an atom at its nearest neighbour, at constant energy."""
    MaxwellBoltzmannDistribution(atoms, temperature_K=COLD_K, rng=rng)
    Stationary(atoms)
    shot = int(rng.integers(len(atoms)))
    vectors_A = atoms.get_distances(shot, range(len(atoms)), mic=True, vector=True)
    distances_A = np.linalg.norm(vectors_A, axis=1)
    distances_A[shot] = np.inf
    target = int(np.argmin(distances_A))
    momenta = atoms.get_momenta()
    size = np.sqrt(2.0 * atoms.get_masses()[shot] * energy_eV)
    momenta[shot] = size * vectors_A[target] / distances_A[target]
    atoms.set_momenta(momenta)
    dynamics = VelocityVerlet(atoms, timestep=COLLISION_STEP_FS * units.fs)
    before_eV = atoms.get_total_energy()
    steps = round(COLLISION_FS / COLLISION_STEP_FS)
    outcome = _followed(dynamics, atoms, steps, COLLISION_LIMIT)
    drift_eV = abs(atoms.get_total_energy() - before_eV)
    if outcome.survived and not drift_eV <= DRIFT_EV:
        return Outcome(survived=False, time_ps=outcome.time_ps, reason=f"drift {drift_eV:.1f} eV")
    return outcome


def _followed(
    dynamics: MolecularDynamics, atoms: Atoms, n_steps: int, limit: float, every: int = 5
) -> Outcome:
    """Run dynamics and look every few steps."""
    step_ps = dynamics.dt / units.fs / 1e3
    for step in range(every, n_steps + 1, every):
        dynamics.run(every)
        reason = ""
        if not np.isfinite(atoms.positions).all():
            reason = "not finite"
        else:
            pair = closest_scaled_distance(atoms)
            if pair is not None and pair.ratio < limit:
                reason = f"two atoms at {pair.ratio:.2f} of their radii"
        if reason:
            return Outcome(survived=False, time_ps=step * step_ps, reason=reason)
    return Outcome(survived=True, time_ps=n_steps * step_ps, reason="")


def judged(
    calculator: Calculator, case: Case, seed: int, picoseconds: float
) -> dict[str, list[Outcome]]:
    """Heat one cell of each composition, and shoot with each energy in one of them."""
    outcomes: dict[str, list[Outcome]] = {"heated": [], "collided": []}
    for fraction_Cu in COMPOSITIONS:
        rng = child_rng(case.seed, "heat", seed, str(fraction_Cu))
        atoms = solid_solution(fraction_Cu, rng, expansion=HOT_EXPANSION)
        atoms.calc = calculator
        outcomes["heated"].append(heat(atoms, picoseconds, rng))
        for energy_eV in ENERGIES_EV:
            rng = child_rng(case.seed, "collide", seed, str(fraction_Cu), str(energy_eV))
            atoms = solid_solution(fraction_Cu, rng)
            atoms.calc = calculator
            outcomes["collided"].append(collide(atoms, energy_eV, rng))
    return outcomes


def stability(case: Case, picoseconds: float) -> None:
    """Train and judge what is missing in ``stability.json``, and print the shares."""
    path = case.results / "stability.json"
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    maker = Examples(case)
    close = [maker.of(frame) for frame in close_frames(case)]
    frames = {pool: pools.frames_of(case, pool) for pool in pools.POOLS}
    for pool, strategy, cell in sorted(all_cells(case), key=lambda each: int(each[2]["seed"])):
        if strategy not in STRATEGIES or cell["n"] != case.sizes[-2]:
            continue
        for share in (0.0, CLOSE_SHARE):
            name = f"{pool}/{strategy}/{cell['n']}/{cell['seed']}/{share:g}/{picoseconds:g} ps"
            if name in kept:
                continue
            examples = _mixed(
                [maker.of(frames[pool][place]) for place in cell["frames"]], close, share
            )
            fit = train(examples, maker.basis.penalties, child_rng(cell["seed"], "folds", name))
            calculator = maker.basis.calculator(fit)
            found = judged(calculator, case, cell["seed"], picoseconds)
            kept[name] = {
                kind: [[each.survived, round(each.time_ps, 4), each.reason] for each in outcomes]
                for kind, outcomes in found.items()
            }
            lines = [f"{json.dumps(key)}: {json.dumps(each)}" for key, each in kept.items()]
            write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")
            print(name, kept[name], flush=True)
    print(table(kept))


def table(kept: dict[str, Any]) -> str:
    """Return the share that survived, by pool, strategy and share of close pairs."""
    counts: dict[tuple[str, str, str], dict[str, list[bool]]] = {}
    for name, found in kept.items():
        pool, strategy, _, _, share, _ = name.split("/")
        group = counts.setdefault((pool, strategy, share), {"heated": [], "collided": []})
        for kind, outcomes in found.items():
            group[kind] += [survived for survived, _, _ in outcomes]
    lines = ["| pool | strategy | close pairs | heated | collided |", "|---|---|---|---|---|"]
    for (pool, strategy, share), group in counts.items():
        shares = [f"{sum(each)} of {len(each)}" for each in group.values()]
        lines.append(f"| {pool} | {strategy} | {float(share):.0%} | {' | '.join(shares)} |")
    return "\n".join(lines)


def _mixed(examples: list[Example], close: list[Example], share: float) -> list[Example]:
    """Replace the last of the examples by close pairs."""
    n_close = round(share * len(examples))
    return examples[: len(examples) - n_close] + close[:n_close]
