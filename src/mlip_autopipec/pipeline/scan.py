"""Before the second stage: how sound the surface is where two atoms come close."""

from ase import Atoms

from mlip_autopipec.calculators.factory import build_calculator
from mlip_autopipec.calculators.pair_scan import PairScan, scan_pairs
from mlip_autopipec.files import write_text
from mlip_autopipec.pipeline.context import RunContext, Summary
from mlip_autopipec.pipeline.records import FileRecord

PAIR_A = 2.5  # a distance at which every model has something to evaluate


def scan(run: RunContext) -> tuple[FileRecord, Summary]:
    """Write ``pair_scan.json``: the curves of every pair of the run's elements.

    Where ``exploration.zbl.scan`` is off there are none, and the exploration's config stays as it
    is.

    Raises:
        CalculatorError: The calculator cannot be built, or its model has changed.
    """
    exploration = run.config.exploration
    found = PairScan(min_barrier_eV=exploration.zbl.min_barrier_eV, curves=())
    if exploration.zbl.scan:
        run.check_model()
        calculator = build_calculator(exploration, run.elements)
        found = scan_pairs(calculator, exploration, run.elements)
    path = run.directory.pair_scan
    write_text(path, found.model_dump_json() + "\n")
    limits: Summary = {curve.pair: round(curve.limit_A, 4) for curve in found.curves}
    summary: Summary = {"limits_A": limits, "faults": list(found.faults)}
    return run.directory.file_record(path, len(found.curves)), summary


def load_model(run: RunContext) -> None:
    """Evaluate a pair of atoms: the first time takes a process seconds, the next ones do not.

    Raises:
        CalculatorError: The calculator cannot be built, or its model has changed.
    """
    run.check_model()
    pair = Atoms([run.elements[0]] * 2, positions=[[0.0] * 3, [PAIR_A, 0.0, 0.0]])
    pair.calc = build_calculator(run.config.exploration, run.elements)
    pair.get_forces()
