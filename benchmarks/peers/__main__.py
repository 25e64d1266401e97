"""Command line of the comparison."""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.peers import environments
from benchmarks.peers.contestants import CONTESTANTS, OWN, TORCH_SIM, Contestant, server
from benchmarks.peers.measure import Place, as_json, killed, run_in, timed
from benchmarks.peers.report import report
from benchmarks.peers.workload import Workload

RESULTS = Path(__file__).parents[1] / "results" / "peers"
MEASUREMENTS = "measurements.json"


@dataclass(frozen=True)
class Sizes:
    """How large the parts are.

    Attributes:
        structures: Numbers of structures of the smaller of two workloads, and of the larger.
        steps: Steps of each, on EMT.
        tasks: Numbers of structures of next to no work.
        kill: Structures and steps of the run that is killed.
        model: Numbers of structures on SevenNet-0.
        model_steps: Steps of each.
        repeats: Of the two workloads on EMT.
    """

    structures: tuple[int, int] = (4, 16)
    steps: int = 500
    tasks: tuple[int, int] = (20, 120)
    kill: tuple[int, int] = (8, 2000)
    model: tuple[int, int] = (2, 6)
    model_steps: int = 40
    repeats: int = 3


QUICK = Sizes((1, 2), 20, (2, 4), (2, 400), (1, 2), 2, 1)


def two_sizes(
    sizes: tuple[int, int],
    base: Workload,
    repeats: int,
    contestants: Sequence[Contestant],
    place: Place,
) -> dict[str, Any]:
    """Time two numbers of structures, the contestants in turn."""
    works = [replace(base, n_structures=size) for size in sizes]
    found: dict[str, list[list[dict[str, Any]]]] = {each.name: [[], []] for each in contestants}
    for number in range(repeats):
        for contestant in contestants:
            for timings, work in zip(found[contestant.name], works, strict=True):
                timing = timed(contestant, work, place)
                timings.append(asdict(timing))
                print(
                    f"{contestant.name}, {work.n_structures} structures of {work.n_steps} steps "
                    f"on {work.calculator}, {number + 1} of {repeats}: {timing.seconds:.1f} s",
                    flush=True,
                )
    return {"workloads": [as_json(work) for work in works], "timings": found}


def throughput(sizes: Sizes, contestants: Sequence[Contestant], place: Place) -> dict[str, Any]:
    """Structures of some work each."""
    base = Workload("emt", 0, sizes.steps, n_selected=min(50, sizes.steps // 10 + 1))
    return two_sizes(sizes.structures, base, sizes.repeats, contestants, place)


def tasks(sizes: Sizes, contestants: Sequence[Contestant], place: Place) -> dict[str, Any]:
    """Structures of next to no work: what remains is what a task costs."""
    base = Workload("emt", 0, 1, repeats=(2, 1, 1), n_selected=min(10, sizes.tasks[0]))
    return two_sizes(sizes.tasks, base, 1, contestants, place)


def model(sizes: Sizes, contestants: Sequence[Contestant], place: Place) -> dict[str, Any]:
    """SevenNet-0: the peers as its package has it, this pipeline with fused kernels."""
    base = Workload("sevennet", 0, sizes.model_steps, n_selected=sizes.model[0])
    return two_sizes(sizes.model, base, 1, contestants, place)


def kill(sizes: Sizes, contestants: Sequence[Contestant], place: Place) -> dict[str, Any]:
    """A run that is killed half-way, and the same undisturbed."""
    n_structures, n_steps = sizes.kill
    work = Workload("emt", n_structures, n_steps, n_selected=min(50, n_steps // 10))
    found = {}
    for contestant in contestants:
        undisturbed = timed(contestant, work, place)
        found[contestant.name] = {"undisturbed": asdict(undisturbed)} | killed(
            contestant, work, place
        )
        print(f"{contestant.name}: {found[contestant.name]}", flush=True)
    return {"workload": as_json(work), "timings": found}


def torch_sim(sizes: Sizes, _contestants: Sequence[Contestant], place: Place) -> dict[str, Any]:
    """The exploration alone, in one batch."""
    work = Workload("sevennet", sizes.model[1], sizes.model_steps)
    with run_in(place, TORCH_SIM, work) as run:
        run.to_its_end()
        ends = run.reported_ends()
    seconds = ends["explore"] - ends["load"]
    print(f"TorchSim: {seconds:.1f} s", flush=True)
    return {"workload": as_json(work), "seconds_exploring": seconds}


PARTS: dict[str, Callable[[Sizes, Sequence[Contestant], Place], dict[str, Any]]] = {
    "throughput": throughput,
    "tasks": tasks,
    "kill": kill,
    "model": model,
    "torch-sim": torch_sim,
}


def keep(results: Path, part: str, measured: dict[str, Any]) -> None:
    """Put what was measured into the file of measurements, in place of what it has of that."""
    path = results / MEASUREMENTS
    document = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    before = document.setdefault("parts", {}).get(part, {})
    if before.get("workloads") == measured.get("workloads") and "timings" in measured:
        measured = measured | {"timings": before.get("timings", {}) | measured["timings"]}
    document["parts"][part] = measured
    document["machine"] = machine()
    results.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def versions(results: Path, folder: Path) -> None:
    """Note the versions of the peers that are installed."""
    path = results / MEASUREMENTS
    document = json.loads(path.read_text(encoding="utf-8"))
    document["peers"] = document.get("peers", {}) | {
        each.name: each.versions(folder)
        for each in environments.ENVIRONMENTS
        if each.interpreter(folder).exists()
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Do the parts that are asked for."""
    parser = argparse.ArgumentParser(description="This pipeline beside others, on the same work.")
    choices = ("install", *PARTS, "report")
    parser.add_argument("parts", nargs="*", help=f"{', '.join(choices)}; all but install, if none")
    parser.add_argument("--only", nargs="*", help="names of contestants; all, if none is given")
    parser.add_argument("--environments", type=Path, default=environments.FOLDER)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true", help="in seconds; the figures mean nothing")
    options = parser.parse_args()
    wanted = options.parts or [name for name in choices if name != "install"]
    if unknown := set(wanted) - set(choices):
        parser.error(f"parts are {', '.join(choices)}; given: {', '.join(sorted(unknown))}")
    names = [each.name for each in CONTESTANTS]
    if unknown := set(options.only or ()) - set(names):
        parser.error(f"contestants are {', '.join(names)}; given: {', '.join(sorted(unknown))}")
    if "install" in wanted:
        for environment in environments.ENVIRONMENTS:
            environment.install(options.environments)
    contestants = [each for each in CONTESTANTS if each.name in (options.only or names)]
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
        place = Place(Path(scratch), options.environments)
        own = OWN in contestants and any(part in PARTS for part in wanted)
        if own:
            server(place.variables)
        try:
            for part in wanted:
                if part in PARTS:
                    measured = PARTS[part](QUICK if options.quick else Sizes(), contestants, place)
                    keep(options.results, part, measured)
        finally:
            if own:
                server(place.variables, ["stop"])
    versions(options.results, options.environments)
    report(options.results)


if __name__ == "__main__":
    main()
