"""Does MACE say the same? The cells that matter, trained with a slower learner; resumable.

    uv run python -m benchmarks.data_efficiency label confirm

trains a MACE of 16 channels on two pools, two strategies, two sizes and three seeds, for 1,200
steps of five frames each, whatever the number of frames, and tests it on the sets of the grid. The
last quarter of the steps is MACE's second stage, in which energies weigh a hundred times as much as
before and the learning rate is a tenth; ``--mace-stages 1`` leaves it out. A cell is kept in a file
when it is done; a killed training goes on from its last checkpoint. ``--cells N`` stops after so
many.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from benchmarks.data_efficiency import held_out, pools
from benchmarks.data_efficiency.export import exported
from benchmarks.data_efficiency.scores import Scores, overall
from benchmarks.data_efficiency.selection import selections
from benchmarks.data_efficiency.settings import Case
from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.config.exploration import ExplorationConfig
from mlip_autopipec.files import write_text
from mlip_autopipec.storage.training import MACE_KEYS
from mlip_autopipec.structures.extxyz import write_frames

POOLS = ("hybrid", "nvt")
STRATEGIES = ("random", "fps")
BATCH = 5
N_STEPS = 1200
VALID_SHARE = 0.1
OPTIONS: dict[str, Any] = {
    "model": "MACE",
    "num_channels": 16,
    "max_L": 0,
    "max_ell": 3,
    "correlation": 3,
    "r_max": 5.0,
    "default_dtype": "float32",
    "E0s": "average",
    "forces_weight": 100,
    "energy_weight": 10,
    "lr": 0.01,
    "ema_decay": 0.99,
    "error_table": "PerAtomRMSE",
    "device": "cpu",
    "plot": False,
}
FLAGS = ("ema", "restart_latest")


class Recipe(NamedTuple):
    """How MACE is trained, where the results are kept, and which model comes of it."""

    results: str
    model: str
    flags: tuple[str, ...]


RECIPES = {
    1: Recipe("mace.json", "cell.model", FLAGS),
    2: Recipe("mace_two_stages.json", "cell_stagetwo.model", (*FLAGS, "stage_two")),
}
"""By number of stages."""

Cell = tuple[str, str, int, int]
"""Pool, strategy, number of labels and seed."""


def cells_of(case: Case) -> Iterator[Cell]:
    """Yield the cells, all of a seed before the next."""
    for seed in case.seeds:
        for n in (case.sizes[len(case.sizes) // 2 - 1], case.sizes[-1]):
            for pool in POOLS:
                for strategy in STRATEGIES:
                    yield pool, strategy, n, seed


def confirm(case: Case, most: int | None, stages: int) -> None:
    """Train and test what is missing in the file of results, no more than so many cells."""
    recipe = RECIPES[stages]
    path = case.results / recipe.results
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    missing = [cell for cell in cells_of(case) if name_of(cell) not in kept]
    for cell in missing[:most]:
        kept[name_of(cell)] = _made(case, cell, recipe)
        lines = [f"{json.dumps(key)}: {json.dumps(each)}" for key, each in kept.items()]
        write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")
        print(name_of(cell), "done", flush=True)
    print(table(kept))
    print(f"{len(kept)} of {len(list(cells_of(case)))} cells")


def name_of(cell: Cell) -> str:
    """Return the name of a cell in its file."""
    return "/".join(map(str, cell))


def table(kept: dict[str, Any]) -> str:
    """Return mean and spread of the overall errors."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for name, each in kept.items():
        groups.setdefault(name.rsplit("/", 1)[0], []).append(each["scores"])
    lines = ["| pool | strategy | labels | seeds | forces (meV/Å) | energy (meV an atom) |"]
    lines.append("|---|---|---|---|---|---|")
    for name, scores in groups.items():
        cells = []
        for metric in ("force_rmse", "energy_rmse"):
            values = [overall(each, metric) for each in scores]
            spread = f" ± {np.std(values, ddof=1):.2g}" if len(values) > 1 else ""
            cells.append(f"{np.mean(values):.3g}{spread}")
        row = " | ".join([*name.split("/"), str(len(scores)), *cells])
        lines.append(f"| {row} |")
    return "\n".join(lines)


def scores_of(calculator: Calculator, frames: Sequence[Atoms]) -> Scores:
    """Compare a calculator with the labels of frames."""
    energies_eV, forces_eV_A = [], []
    for frame in frames:
        predicted_eV = calculator.get_potential_energy(frame)
        energies_eV.append((predicted_eV - frame.info["energy_mlip_eV"]) / len(frame))
        forces_eV_A.append(calculator.get_forces(frame) - frame.arrays["forces_mlip"])
    return Scores.of_errors(energies_eV, forces_eV_A)


def _made(case: Case, cell: Cell, recipe: Recipe) -> dict[str, Any]:
    """Train and test one potential."""
    pool, strategy, n, seed = cell
    frames = pools.frames_of(case, pool)
    drawn = pools.drawn_pool(case, pool, frames, seed)
    chosen = selections(case.system, frames, drawn, (strategy,), n, seed)[strategy]
    folder = case.work / Path(recipe.results).stem / name_of(cell).replace("/", "-")
    begin = time.monotonic()
    model = _trained([exported(frames[place]) for place in chosen], folder, seed, recipe)
    seconds = time.monotonic() - begin
    section = {"calculator": {"kind": "mace", "model": str(model)}, "zbl": {"enabled": False}}
    calculator = build_calculator(ExplorationConfig.model_validate(section), case.system.elements)
    scores = {
        name: scores_of(calculator, held_out.set_of(case, name)).as_dict()
        for name in case.system.tests
    }
    return {"training_s": round(seconds), "scores": scores, "frames": chosen.tolist()}


def _trained(frames: list[Atoms], folder: Path, seed: int, recipe: Recipe) -> Path:
    """Train with ``mace_run_train`` for `N_STEPS` steps in all, and return the model's file.

    Raises:
        subprocess.CalledProcessError: The training fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_frames(folder / "train.xyz", frames)
    n_valid = max(1, round(VALID_SHARE * len(frames)))
    n_train = len(frames) - n_valid
    batch = min(BATCH, n_train)  # MACE leaves out batches that are not full
    n_epochs = -(-N_STEPS // (n_train // batch))
    options = OPTIONS | {
        "name": "cell",
        "train_file": "train.xyz",
        "valid_fraction": VALID_SHARE,
        "energy_key": MACE_KEYS["energy"],
        "forces_key": MACE_KEYS["forces"],
        "batch_size": batch,
        "max_num_epochs": n_epochs,
        "eval_interval": max(1, n_epochs // 20),
        "seed": seed,
    }
    words = [f"--{key}={value}" for key, value in options.items()]
    program = [sys.executable, "-m", "mace.cli.run_train"]
    with (folder / "output.txt").open("w") as log:
        subprocess.run(  # noqa: S603 - our own program
            [*program, *words, *(f"--{flag}" for flag in recipe.flags)],
            cwd=folder,
            stdout=log,
            stderr=log,
            check=True,
        )
    return folder / recipe.model
