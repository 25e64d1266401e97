"""Do the trained potentials hold? Hot dynamics and collisions, with and without close pairs.

    uv run --with ace-jax python -m benchmarks.data_efficiency stability

makes the selections of the cells at one size again, trains on each as it is and with a tenth of it
replaced by close pairs (so that the number of labels is the same), and counts what survives. The
oracle goes through the same, bare and with ZBL.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ase import Atoms
from ase.calculators.calculator import Calculator

from benchmarks.data_efficiency import pools
from benchmarks.data_efficiency.grid import Examples, cells_path, name_of, read_cells
from benchmarks.data_efficiency.labels import labelled
from benchmarks.data_efficiency.learner import Example, train
from benchmarks.data_efficiency.oracle import oracle
from benchmarks.data_efficiency.selection import selections
from benchmarks.data_efficiency.settings import Case
from benchmarks.data_efficiency.stability_figure import draw_stability
from benchmarks.data_efficiency.survival import ORACLE, table
from benchmarks.data_efficiency.systems.shared import N_CLOSE, pushed_together
from benchmarks.data_efficiency.trials import ENERGIES_EV, Outcome, collisions, heatings
from mlip_autopipec.files import write_text
from mlip_autopipec.seeds import child_rng
from mlip_autopipec.structures.extxyz import read_frames, write_frames

STRATEGIES = ("random", "fps")
CLOSE_SHARES = (0.0, 0.1)
RESULT = "stability.json"


class Record:
    """Outcomes, kept in a file as they come.

    Attributes:
        path: Of the file.
        kept: What is in it: by name of the potential.
    """

    def __init__(self, path: Path) -> None:
        """Read what is there."""
        self.path = path
        self.kept: dict[str, Any] = (
            json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        )

    def add(self, name: str, found: dict[str, list[Outcome]], **more: Any) -> None:  # noqa: ANN401 - JSON
        """Keep what happened to one potential."""
        outcomes = {
            kind: [[each.survived, round(each.time_ps, 4), each.reason] for each in ended]
            for kind, ended in found.items()
        }
        self.kept[name] = {**more, "outcomes": outcomes}
        lines = [f"{json.dumps(key)}: {json.dumps(each)}" for key, each in self.kept.items()]
        write_text(self.path, "{\n" + ",\n".join(lines) + "\n}\n")
        print(name, outcomes, flush=True)


def close_frames(case: Case) -> list[Atoms]:
    """Return labelled close pairs for training; the test set has others."""
    path = case.work / "pools" / "close-pairs.xyz"
    if not path.exists():
        calculator = oracle(case)

        def made() -> Iterator[Atoms]:
            for number in range(N_CLOSE):
                rng = child_rng(case.seed, "close-training", number)
                atoms = case.system.cell(case.system.kind(number), rng)
                moved = pushed_together(atoms, rng)
                yield labelled(moved, calculator, f"close-training-{number:04d}")

        write_frames(path, made())
    return list(read_frames(path))


def judged(
    calculator: Calculator, case: Case, trial: int, picoseconds: float
) -> dict[str, list[Outcome]]:
    """Shoot with each energy, then heat for some time, if any."""
    found = {
        f"{energy_eV:g} eV": collisions(calculator, case, trial, energy_eV)
        for energy_eV in ENERGIES_EV
    }
    if picoseconds > 0.0:
        found["heated"] = heatings(calculator, case, trial, picoseconds)
    return found


def stability(case: Case, picoseconds: float) -> None:
    """Train and judge what is missing in ``stability.json``; print and draw the shares."""
    record = Record(case.results / RESULT)
    maker = Examples(case)
    close = [maker.of(frame) for frame in close_frames(case)]
    for trial in case.seeds:
        for strategy in STRATEGIES:
            for pool in pools.POOLS:
                _judge_selection(case, record, maker, close, (pool, strategy, trial), picoseconds)
        _judge_oracle(case, record, trial, picoseconds)
    print(table(record.kept))
    draw_stability(record.kept, case.results / "stability.png")


def _judge_oracle(case: Case, record: Record, trial: int, picoseconds: float) -> None:
    """Put the oracle itself through the same."""
    for zbl in (False, True):
        name = f"{ORACLE}/{'zbl' if zbl else 'bare'}/0/{trial}/0/{picoseconds:g} ps"
        if name not in record.kept:
            record.add(name, judged(oracle(case, zbl=zbl), case, trial, picoseconds))


def _judge_selection(
    case: Case,
    record: Record,
    maker: Examples,
    close: list[Example],
    selection: tuple[str, str, int],
    picoseconds: float,
) -> None:
    """Train and judge the potentials of one pool, strategy and seed, as far as they are missing."""
    pool, strategy, seed = selection
    n = case.sizes[-2]
    names = {
        share: f"{pool}/{strategy}/{n}/{seed}/{share:g}/{picoseconds:g} ps"
        for share in CLOSE_SHARES
    }
    missing = {share: name for share, name in names.items() if name not in record.kept}
    if not missing:
        return
    frames = pools.frames_of(case, pool)
    drawn = pools.drawn_pool(case, pool, frames, seed)
    chosen = selections(case.system, frames, drawn, (strategy,), n, seed)[strategy]
    examples = [maker.of(frames[place]) for place in chosen]
    cell = read_cells(cells_path(case, pool, strategy)).get(name_of(n, seed), {})
    for share, name in missing.items():
        folds = child_rng(seed, "folds", pool, strategy, n)
        fit = train(mixed(examples, close, share), maker.basis.penalties, folds)
        record.add(
            name,
            judged(maker.basis.calculator(fit), case, seed, picoseconds),
            strength=fit.strength,
            frames_of_the_cell=cell.get("frames") == chosen.tolist(),
        )


def mixed(examples: list[Example], close: list[Example], share: float) -> list[Example]:
    """Replace the last of the examples by close pairs."""
    n_close = round(share * len(examples))
    return examples[: len(examples) - n_close] + close[:n_close]
