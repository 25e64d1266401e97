"""Does another oracle say the same? The same frames, labelled by a second model; resumable.

    uv run --with ace-jax python -m benchmarks.data_efficiency label check

labels the frames that the kept cells of two pools and two strategies chose, and all test sets,
with 7net-l3i5, and trains and tests the same potentials on these labels.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from benchmarks.data_efficiency import held_out, pools
from benchmarks.data_efficiency.confirmation import POOLS, STRATEGIES, table
from benchmarks.data_efficiency.grid import Examples, cells_path, read_cells
from benchmarks.data_efficiency.labels import labelled
from benchmarks.data_efficiency.learner import Example, train
from benchmarks.data_efficiency.oracle import oracle
from benchmarks.data_efficiency.scores import Scores
from benchmarks.data_efficiency.settings import Case
from mlip_autopipec.files import write_text
from mlip_autopipec.seeds import child_rng

ORACLE = {"kind": "sevennet", "model": "7net-l3i5"}
RESULT = "second_oracle.json"


def check(case: Case) -> None:
    """Label, train and test what is missing in ``second_oracle.json``; print all errors."""
    path = case.results / RESULT
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    calculator = oracle(replace(case, oracle=ORACLE))
    maker = Examples(case)
    tests: dict[str, list[Example]] = {}
    for pool in POOLS:
        frames: dict[int, Example] = {}
        source = pools.frames_of(case, pool)
        for strategy in STRATEGIES:
            for name, cell in read_cells(cells_path(case, pool, strategy)).items():
                key = f"{pool}/{strategy}/{name}"
                if key in kept:
                    continue
                tests = tests or {
                    name: relabelled(held_out.set_of(case, name), calculator, maker)
                    for name in case.system.tests
                }
                new = [place for place in cell["frames"] if place not in frames]
                made = relabelled((source[place] for place in new), calculator, maker)
                frames |= dict(zip(new, made, strict=True))
                kept[key] = _scores(cell, pool, strategy, frames, tests, maker.basis.penalties)
                lines = [f"{json.dumps(each)}: {json.dumps(kept[each])}" for each in kept]
                write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")
                print(key, "done", flush=True)
    print(table(kept))


def relabelled(frames: Iterable[Atoms], calculator: Calculator, maker: Examples) -> list[Example]:
    """Return frames as the learner sees them, with a calculator's labels."""
    return [
        maker.of(labelled(frame, calculator, str(frame.info["structure_id"]))) for frame in frames
    ]


def _scores(
    cell: dict[str, Any],
    pool: str,
    strategy: str,
    frames: dict[int, Example],
    tests: dict[str, list[Example]],
    penalties: np.ndarray,
) -> dict[str, Any]:
    """Train on the frames of a cell and test; folds are the cell's own."""
    folds = child_rng(cell["seed"], "folds", pool, strategy, cell["n"])
    fit = train([frames[place] for place in cell["frames"]], penalties, folds)
    scores = {name: Scores.of(fit, examples).as_dict() for name, examples in tests.items()}
    return {"strength": fit.strength, "scores": scores}
