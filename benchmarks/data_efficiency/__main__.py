"""Command line of the benchmark."""

import argparse
from dataclasses import replace
from pathlib import Path

from benchmarks.data_efficiency import grid, held_out, pools
from benchmarks.data_efficiency.confirmation import confirm
from benchmarks.data_efficiency.export import export
from benchmarks.data_efficiency.oracle import oracle
from benchmarks.data_efficiency.report import report
from benchmarks.data_efficiency.second_oracle import check
from benchmarks.data_efficiency.settings import Case, smoke
from benchmarks.data_efficiency.stability import stability
from benchmarks.data_efficiency.systems import SYSTEMS

STAGES = ("label", "train", "report", "export", "stability", "confirm", "check")
BY_DEFAULT = STAGES[:3]


def label(case: Case, parts: list[str]) -> None:
    """Make pools and test sets, as far as they are missing."""
    calculator = oracle(case)
    for name, make in pools.POOLS.items():
        if not parts or name in parts:
            make(case, calculator)
            print(f"pool {name}: {len(pools.frames_of(case, name))} frames", flush=True)
    for name in case.system.tests:
        if not parts or name in parts:
            held_out.make_set(case, name, calculator)
            print(f"test set {name}: {len(held_out.set_of(case, name))} frames", flush=True)


def main() -> None:
    """Run the stages that are asked for."""
    parser = argparse.ArgumentParser(description="Errors of a potential against its labels.")
    parser.add_argument("stages", nargs="*", help=f"{', '.join(STAGES)}; the first three, if none")
    parser.add_argument(
        "--parts", nargs="*", default=[], help="pools and test sets to do; all, if none is given"
    )
    parser.add_argument("--system", choices=SYSTEMS, default="cu-au")
    parser.add_argument("--work", type=Path, default=Case().frames, help="folder of frames")
    parser.add_argument("--seeds", type=int, nargs="*", help="of draws and selections; 0 1 2")
    parser.add_argument("--smoke", action="store_true", help="on EMT, in seconds, in --work")
    parser.add_argument("--picoseconds", type=float, default=20.0, help="of heating (stability)")
    parser.add_argument("--cells", type=int, help="most potentials to train now (confirm)")
    parser.add_argument(
        "--mace-stages", type=int, choices=(1, 2), default=2, help="of training (confirm)"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.stages) - set(STAGES)
    if unknown:
        parser.error(f"stages are {', '.join(STAGES)}; given: {', '.join(sorted(unknown))}")
    case = Case(system=SYSTEMS[arguments.system], frames=arguments.work)
    if arguments.smoke and arguments.system != "cu-au":
        parser.error("--smoke is for cu-au: EMT, which it runs on, knows no oxides")
    if arguments.smoke:
        case = smoke(case)
    if arguments.seeds:
        case = replace(case, seeds=tuple(arguments.seeds))
    for stage in arguments.stages or BY_DEFAULT:
        {
            "label": lambda: label(case, arguments.parts),
            "train": lambda: grid.fill(case, arguments.parts),
            "report": lambda: report(case),
            "export": lambda: print(export(case, case.work / "export", arguments.parts), "sets"),
            "stability": lambda: stability(case, arguments.picoseconds),
            "confirm": lambda: confirm(case, arguments.cells, arguments.mace_stages),
            "check": lambda: check(case),
        }[stage]()


if __name__ == "__main__":
    main()
