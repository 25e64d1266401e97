"""The comparison with other packages: all are given the same work, and it is counted."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from benchmarks.peers import __main__ as command
from benchmarks.peers import contestants, workload
from benchmarks.peers.contestants import OWN, PLAIN_ASE
from benchmarks.peers.measure import Place, Run, Timing, killed, timed
from benchmarks.peers.report import Line, report, summary_of
from benchmarks.peers.workload import Workload
from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.faults import validate
from mlip_autopipec.pipeline.runner import PipelineRunner

HERE = replace(PLAIN_ASE, environment=None)
"""Plain ASE needs nothing that this environment lacks."""
WORK = Workload("emt", 2, 20, repeats=(2, 1, 1), n_selected=3)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, tmp_path / "no-environments")


def test_a_workload_counts_the_frames_at_both_ends() -> None:
    assert (WORK.n_atoms, WORK.n_frames, WORK.n_evaluations) == (8, 6, 42)
    assert Workload("emt", 5, 1).n_frames == 10


def test_cells_are_half_gold_and_do_not_depend_on_how_many_there_are() -> None:
    few = workload.cells(WORK)
    many = workload.cells(replace(WORK, n_structures=4))
    assert few == many[:2]
    assert few[0] != few[1]
    assert all(cell.symbols.count("Au") == 4 for cell in many)


def test_plain_ase_does_the_work_and_every_evaluation_is_counted(place: Place) -> None:
    timing = timed(HERE, WORK, place)
    assert timing.n_evaluations == WORK.n_evaluations
    ends = [timing.ends[stage] for stage in contestants.STAGES]
    assert ends == sorted(ends)
    assert 0.0 < ends[0] < ends[-1] < timing.seconds
    assert timing.cpu_seconds > 0.0


def test_the_time_of_processes_that_nobody_waits_for_is_counted() -> None:
    """A child that outlives its parent, as a worker's may."""
    burn = "import time\nwhile time.process_time() < 0.6: pass"
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {burn!r}])"
    measured = (
        "import subprocess, sys, time\n"
        "from benchmarks.peers.measure import adopt_orphans, family_cpu_s\n"
        "adopt_orphans()\n"
        "before = family_cpu_s()\n"
        f"subprocess.run([sys.executable, '-c', {code!r}], check=True)\n"
        "while family_cpu_s() - before < 0.6: time.sleep(0.05)\n"
        "time.sleep(0.5)\n"
        "assert 0.6 < family_cpu_s() - before < 6.0\n"
    )
    subprocess.run([sys.executable, "-c", measured], check=True, timeout=60)


def test_this_pipeline_does_the_same_work(place: Place, tmp_path: Path) -> None:
    """Without Prefect, which changes nothing of what is made."""
    run = Run(OWN, WORK, place, tmp_path / "work")
    config = validate(PipelineConfig, contestants.config(WORK))
    PipelineRunner(config, tmp_path / "work" / "run").run()
    done = run.checked()
    assert set(done.ends) == set(contestants.STAGES)


def test_other_work_is_refused(place: Place, tmp_path: Path) -> None:
    run = Run(OWN, replace(WORK, n_structures=3), place, tmp_path / "work")
    config = validate(PipelineConfig, contestants.config(WORK))
    PipelineRunner(config, tmp_path / "work" / "run").run()
    with pytest.raises(
        ValueError, match=r"rows and their atoms are \(6, 3, 24\), not \(9, 3, 24\)"
    ):
        run.checked()


def test_a_killed_run_is_finished_by_running_it_again(place: Place) -> None:
    work = replace(WORK, n_steps=400)
    found = killed(HERE, work, place)
    assert work.n_evaluations // 2 <= found["evaluations_until_kill"] < work.n_evaluations
    total = found["evaluations_until_kill"] + found["evaluations_after_kill"]
    # plain ASE begins the trajectories again that were under way, and those alone
    assert total - work.n_evaluations == found["evaluations_repeated"]
    assert 0 < found["evaluations_repeated"] <= found["evaluations_until_kill"]


def test_two_sizes_give_a_fixed_cost_and_a_rate() -> None:
    runs = [
        [{"seconds": wall, "cpu_seconds": 2.0 * wall} for wall in walls]
        for walls in ((7.0, 8.0, 9.0), (13.0, 14.0, 15.0))
    ]
    line = Line.through((4, 16), runs)
    assert (line.fixed_s, line.each_s) == (5.0, 0.5)
    assert (line.fixed_cpu_s, line.each_cpu_s) == (10.0, 1.0)
    figures = line.as_json()
    assert figures["structures_a_minute_without_start"] == 120.0
    assert figures["structures_a_minute_with_start"] == pytest.approx(60.0 * 16 / 13, abs=0.05)


def test_what_a_kill_costs_is_the_time_beyond_an_undisturbed_run() -> None:
    timing = asdict(Timing(20.0, 0.0, {}, None)) | {
        "seconds_until_kill": 12.0,
        "seconds_after_kill": 11.0,
        "evaluations_repeated": 7,
    }
    document = {"parts": {"kill": {"timings": {"ours": timing}}}}
    assert summary_of(document)["kill"]["ours"]["lost_s"] == 3.0


def test_what_is_measured_is_kept_and_reported(place: Place, tmp_path: Path) -> None:
    sizes = command.QUICK
    session = command.Session(sizes, [HERE], place, tmp_path / "results", deadline=float("inf"))
    command.tasks(session)
    before = command.read(session.results)
    command.tasks(session)
    assert command.read(session.results) == before
    (few,), (many,) = before["parts"]["tasks"]["timings"][HERE.name]
    report(session.results)
    summary = json.loads((session.results / "summary.json").read_text(encoding="utf-8"))
    slope = (many["seconds"] - few["seconds"]) / (sizes.tasks[1] - sizes.tasks[0])
    row = summary["tasks"][HERE.name]
    assert row["seconds_a_structure"] == pytest.approx(slope, abs=1e-4)
    assert (session.results / "peers.png").stat().st_size > 1000
    table = (session.results / "table.md").read_text(encoding="utf-8")
    assert f"| {HERE.name} | {1000.0 * row['seconds_a_structure']:.0f} |" in table


def test_nothing_begins_when_the_time_is_up(place: Place, tmp_path: Path) -> None:
    session = command.Session(command.QUICK, [HERE], place, tmp_path / "results", deadline=0.0)
    for part in command.PARTS.values():
        part(session)
    assert command.read(session.results) == {"parts": {}}
