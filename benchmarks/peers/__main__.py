"""Command line of the comparison."""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.machine import machine
from benchmarks.peers import environments
from benchmarks.peers.contestants import CONTESTANTS, OWN, TORCH_SIM, Contestant, server
from benchmarks.peers.measure import Place, adopt_orphans, as_json, killed, run_in, timed
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
    repeats: int = 2


QUICK = Sizes((1, 2), 20, (2, 4), (2, 400), (1, 2), 2, 1)


@dataclass(frozen=True)
class Session:
    """What the parts share.

    Attributes:
        sizes: How large they are.
        contestants: Who takes part.
        place: Where they run.
        results: Folder of what is kept.
        deadline: When no measurement begins any more, by `time.monotonic`.
    """

    sizes: Sizes
    contestants: Sequence[Contestant]
    place: Place
    results: Path
    deadline: float

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self.deadline

    def known(self, part: str, head: dict[str, Any]) -> dict[str, Any]:
        """Return the timings of a part so far, if they are of the same workloads."""
        found = read(self.results)["parts"].get(part, {})
        same = all(found.get(key) == value for key, value in head.items())
        timings: dict[str, Any] = found.get("timings", {}) if same else {}
        return timings

    def keep(self, part: str, head: dict[str, Any], timings: dict[str, Any]) -> None:
        """Put a part into the file of measurements, in place of what it has of it."""
        document = read(self.results)
        document["parts"][part] = head | {"timings": timings}
        document["machine"] = machine()
        write(self.results, document)


def read(results: Path) -> dict[str, Any]:
    """Return all measurements so far."""
    path = results / MEASUREMENTS
    if not path.exists():
        return {"parts": {}}
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def write(results: Path, document: dict[str, Any]) -> None:
    """Write all measurements."""
    results.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, indent=1) + "\n"
    (results / MEASUREMENTS).write_text(text, encoding="utf-8")


def two_sizes(
    part: str, numbers: tuple[int, int], base: Workload, repeats: int, session: Session
) -> None:
    """Time two numbers of structures, the contestants by turns; what there is already is kept."""
    works = [replace(base, n_structures=number) for number in numbers]
    # as JSON has it, so that it can be compared with what is kept
    head = json.loads(json.dumps({"workloads": [as_json(work) for work in works]}))
    found = session.known(part, head)
    for number in range(repeats):
        for contestant in session.contestants:
            runs = found.setdefault(contestant.name, [[], []])
            for timings, work in zip(runs, works, strict=True):
                if len(timings) > number or session.is_over:
                    continue
                timing = timed(contestant, work, session.place)
                timings.append(asdict(timing))
                session.keep(part, head, found)
                print(
                    f"{contestant.name}, {work.n_structures} structures of {work.n_steps} steps "
                    f"on {work.calculator}, {number + 1} of {repeats}: {timing.seconds:.1f} s",
                    flush=True,
                )


def throughput(session: Session) -> None:
    """Structures of some work each."""
    sizes = session.sizes
    base = Workload("emt", 0, sizes.steps, n_selected=min(50, sizes.steps // 10 + 1))
    two_sizes("throughput", sizes.structures, base, sizes.repeats, session)


def tasks(session: Session) -> None:
    """Structures of next to no work: what remains is what a task costs."""
    numbers = session.sizes.tasks
    base = Workload("emt", 0, 1, repeats=(2, 1, 1), n_selected=min(10, numbers[0]))
    two_sizes("tasks", numbers, base, 1, session)


def model(session: Session) -> None:
    """SevenNet-0: the peers as its package has it, this pipeline with fused kernels."""
    sizes = session.sizes
    base = Workload("sevennet", 0, sizes.model_steps, n_selected=sizes.model[0])
    two_sizes("model", sizes.model, base, 1, session)


def kill(session: Session) -> None:
    """A run that is killed half-way, and the same undisturbed."""
    n_structures, n_steps = session.sizes.kill
    work = Workload("emt", n_structures, n_steps, n_selected=min(50, n_steps // 10))
    head = json.loads(json.dumps({"workload": as_json(work)}))
    found = session.known("kill", head)
    for contestant in session.contestants:
        if contestant.name in found or session.is_over:
            continue
        undisturbed = timed(contestant, work, session.place)
        timing = asdict(undisturbed) | killed(contestant, work, session.place)
        found[contestant.name] = timing
        session.keep("kill", head, found)
        print(f"{contestant.name}: {timing}", flush=True)


def torch_sim(session: Session) -> None:
    """The exploration alone, in one batch."""
    work = Workload("sevennet", session.sizes.model[1], session.sizes.model_steps)
    head = json.loads(json.dumps({"workload": as_json(work)}))
    if session.known("torch-sim", head) or session.is_over:
        return
    with run_in(session.place, TORCH_SIM, work) as run:
        run.to_its_end()
        ends = run.reported_ends()
    seconds = ends["explore"] - ends["load"]
    session.keep("torch-sim", head, {TORCH_SIM.name: seconds})
    print(f"TorchSim: {seconds:.1f} s", flush=True)


PARTS: dict[str, Callable[[Session], None]] = {
    "throughput": throughput,
    "tasks": tasks,
    "kill": kill,
    "model": model,
    "torch-sim": torch_sim,
}


def note_versions(results: Path, folder: Path) -> None:
    """Note the versions of the peers that are installed."""
    document = read(results)
    document["peers"] = document.get("peers", {}) | {
        each.name: each.versions(folder)
        for each in environments.ENVIRONMENTS
        if each.interpreter(folder).exists()
    }
    write(results, document)


def main() -> None:
    """Do the parts that are asked for."""
    parser = argparse.ArgumentParser(description="This pipeline beside others, on the same work.")
    choices = ("install", *PARTS, "report")
    parser.add_argument("parts", nargs="*", help=f"{', '.join(choices)}; all but install, if none")
    parser.add_argument("--only", nargs="*", help="names of contestants; all, if none is given")
    parser.add_argument("--environments", type=Path, default=environments.FOLDER)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true", help="in seconds; the figures mean nothing")
    parser.add_argument(
        "--minutes", type=float, default=60.0, help="after which nothing more is begun; resumable"
    )
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
        sizes = QUICK if options.quick else Sizes()
        deadline = time.monotonic() + 60.0 * options.minutes
        session = Session(sizes, contestants, place, options.results, deadline)
        own = OWN in contestants and any(part in PARTS for part in wanted)
        adopt_orphans()
        if own:
            server(place.variables)
        try:
            for part in wanted:
                if part in PARTS:
                    PARTS[part](session)
        finally:
            if own:
                server(place.variables, ["stop"])
    note_versions(options.results, options.environments)
    report(options.results)


if __name__ == "__main__":
    main()
