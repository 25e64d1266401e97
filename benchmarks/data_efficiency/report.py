"""What is made of the cells: table, JSON, figures and page."""

import json

from benchmarks.data_efficiency.figure import draw_curves, draw_sets
from benchmarks.data_efficiency.grid import all_cells
from benchmarks.data_efficiency.page import overall_table, page
from benchmarks.data_efficiency.settings import Case
from benchmarks.data_efficiency.summary import as_json, curves
from mlip_autopipec.files import write_text

FINDINGS = "findings.md"
"""Written by hand, beside the results: the beginning of the page."""


def report(case: Case) -> None:
    """Print the overall table; write ``summary.json``, two figures and ``README.md``.

    What has no cell yet is left out.

    Raises:
        KeyError: The reference has no cell yet.
    """
    found = curves(all_cells(case))
    lines = ",\n".join(json.dumps(row) for row in as_json(found))
    write_text(case.results / "summary.json", f"[\n{lines}\n]\n")
    draw_curves(case.system, found, case.results / "curves.png")
    draw_sets(case.system, found, case.results / "by_set.png", case.sizes[-2])
    findings = case.results / FINDINGS
    text = findings.read_text(encoding="utf-8") if findings.exists() else "# Data efficiency"
    write_text(case.results / "README.md", page(case, found, text))
    for metric, unit in (("force_rmse", "meV/Å"), ("energy_rmse", "meV an atom")):
        print(f"\n{metric} in {unit}, geometric mean of the test sets\n")
        print(overall_table(found, metric))
