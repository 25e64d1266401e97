"""The pipeline through Prefect and Dask: the same result as the plain loop, nothing done twice."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from ase.db import connect
from harness import (
    explored_states,
    explored_tags,
    run,
    task_logs,
    task_states,
    wait_until,
    write_config,
)

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.orchestration.inventory import prune
from mlip_autopipec.orchestration.session import read_note
from mlip_autopipec.pipeline.runner import PipelineRunner

if TYPE_CHECKING:
    from mlip_autopipec.orchestration.launch import Outcome

NAMES = ["alloy-0000", "alloy-0001", "alloy-0002"]
ALL_CACHED = dict.fromkeys(NAMES, "Cached")


class Finished:
    """A run that went through, for tests that run it again."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address
        self.run_dir = folder / "run"
        self.first = self.run_again({})

    def run_again(self, changes: dict[str, object]) -> "Outcome":
        cluster = {"execution.cluster": {"kind": "address", "address": self.address}}
        return run(write_config(self.folder / "emt.yaml", cluster | changes), self.run_dir)

    @property
    def states(self) -> dict[str, str]:
        return explored_states(self.run_dir, len(NAMES))

    @property
    def flow_run_id(self) -> str:
        note = read_note(self.run_dir)
        assert note is not None
        return note.flow_run_id

    @property
    def database(self) -> bytes:
        return (self.run_dir / "dataset.db").read_bytes()


@pytest.fixture(scope="module")
def finished(dask_address: str, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return Finished(tmp_path_factory.mktemp("finished"), dask_address)


def test_the_outcome_counts_what_was_done(finished: Finished) -> None:
    outcome = finished.first
    assert outcome.kind == "completed"
    assert (outcome.summary.n_explored, outcome.summary.n_failed) == (3, 0)
    assert outcome.summary.n_selected == 5
    assert connect(finished.run_dir / "dataset.db").count() == 5
    page = finished.run_dir / "report" / "report.html"
    assert "Finished: 5 of 15 frames are stored." in page.read_text(encoding="utf-8")


def test_the_worker_that_did_not_scan_has_loaded_the_model(finished: Finished) -> None:
    logs = {path.name for path in (finished.run_dir / "logs").iterdir()}
    assert {"scan.log", "load.log"} <= logs
    assert (finished.run_dir / "logs" / "load.log").read_text(encoding="utf-8") == ""  # no fault


def test_the_outcome_names_the_page_of_the_run(finished: Finished, prefect_api: str) -> None:
    note = read_note(finished.run_dir)
    assert note is not None
    server = prefect_api.removesuffix("/api")
    assert finished.first.url == f"{server}/runs/flow-run/{note.flow_run_id}"


def test_equals_the_plain_loop(finished: Finished, tmp_path: Path) -> None:
    PipelineRunner(PipelineConfig.from_yaml(finished.folder / "emt.yaml"), tmp_path).run()
    for name in (
        "initial_structures.xyz",
        "exploration_trajectories.xyz",
        "sampled_structures.xyz",
    ):
        assert (finished.run_dir / name).read_bytes() == (tmp_path / name).read_bytes()


def test_every_structure_has_a_task_run_of_its_name(finished: Finished) -> None:
    assert finished.states == dict.fromkeys(NAMES, "Completed")


def test_task_runs_have_tags_of_generator_and_ensemble(finished: Finished) -> None:
    tags = explored_tags(finished.run_dir)
    assert tags == {name: {"generator:alloy", "ensemble:npt"} for name in NAMES}


def test_the_log_of_a_simulation_is_that_of_its_task_run(finished: Finished) -> None:
    line = "alloy-0000: npt"
    assert wait_until(
        lambda: any(
            message.startswith(line)
            for message in task_logs(finished.run_dir, "explore-alloy-0000")
        ),
        f"the API has the line {line}",
    )


def test_a_second_run_takes_all_from_the_cache_and_starts_no_worker(
    finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.run_dir.rglob("*.xyz")}
    database = finished.database
    monkeypatch.setattr("mlip_autopipec.orchestration.workers.open_cluster", None)
    outcome = finished.run_again({})
    assert outcome.summary == finished.first.summary
    assert {path: path.stat().st_mtime_ns for path in finished.run_dir.rglob("*.xyz")} == before
    assert finished.database == database
    assert finished.states == ALL_CACHED


@pytest.mark.parametrize("damage", ["deleted", "altered", "torn"])
def test_a_damaged_trajectory_is_computed_again_alone(finished: Finished, damage: str) -> None:
    path = finished.run_dir / "trajectories" / "alloy-0001.xyz"
    content, database = path.read_bytes(), finished.database
    if damage == "deleted":
        path.unlink()
    else:
        path.write_bytes(content.replace(b"Cu", b"Au", 1) if damage == "altered" else content[:99])
    finished.run_again({})
    assert path.read_bytes() == content
    assert finished.database == database
    assert finished.states == ALL_CACHED | {"alloy-0001": "Completed"}


def test_another_sampling_recomputes_sampling_alone(finished: Finished) -> None:
    outcome = finished.run_again({"sampling.n_samples": 3})
    assert outcome.summary.n_selected == 3
    assert finished.states == ALL_CACHED


def test_two_more_structures_explore_two(finished: Finished) -> None:
    outcome = finished.run_again({"generation.0.n_structures": 5})
    assert outcome.summary.n_explored == 5
    new = {"alloy-0003": "Completed", "alloy-0004": "Completed"}
    assert explored_states(finished.run_dir, 5) == ALL_CACHED | new


def test_pruning_forgets_the_results_of_other_configs_and_no_others(finished: Finished) -> None:
    finished.run_again({"generation.0.n_structures": 4})
    finished.run_again({})
    results = finished.run_dir / ".results"
    before = {path.name for path in results.iterdir()}
    removed = prune(PipelineRunner.open(finished.run_dir))
    gone = {entry.path.name for entry in removed if entry.kind == "task results"}
    assert gone
    assert {path.name for path in results.iterdir()} == before - gone
    assert finished.run_again({}).kind == "completed"
    assert {path.name for path in results.iterdir()} == before - gone
    states = {
        name: state for name, state in task_states(finished.flow_run_id).items() if "alloy" in name
    }
    assert states == {f"explore-{name}": "Cached" for name in NAMES} | {
        "describe-alloy-0000": "Cached"
    }


def test_comments_and_key_order_change_nothing(finished: Finished) -> None:
    finished.run_again({})
    config = finished.folder / "emt.yaml"
    document = yaml.safe_load(config.read_text())
    reordered = yaml.safe_dump(dict(reversed(document.items())), sort_keys=False)
    config.write_text(f"# the same, otherwise written\n{reordered}")
    run(config, finished.run_dir)
    assert finished.states == ALL_CACHED


def test_one_failing_structure_stops_no_other(finished: Finished, tmp_path: Path) -> None:
    hot = {
        "execution.cluster": {"kind": "address", "address": finished.address},
        "execution.max_failed_fraction": 0.5,
        "exploration.temperature_K": [300, 90_000, 300],
        "exploration.guards": {"max_temperature_K": 2_000, "max_recoveries": 0},
    }
    outcome = run(write_config(tmp_path / "hot.yaml", hot), tmp_path / "run")
    assert outcome.kind == "partial"
    assert [name for name, _ in outcome.summary.failures] == ["alloy-0001"]
    assert explored_states(tmp_path / "run", 3) == {
        "alloy-0000": "Completed",
        "alloy-0001": "Failed",
        "alloy-0002": "Completed",
    }


def test_more_failures_than_allowed_fail_the_run_and_keep_the_rest(
    finished: Finished, tmp_path: Path
) -> None:
    hot = {
        "execution.cluster": {"kind": "address", "address": finished.address},
        "execution.max_failed_fraction": 0.25,
        "exploration.temperature_K": [300, 90_000, 300],
        "exploration.guards": {"max_temperature_K": 2_000, "max_recoveries": 0},
    }
    outcome = run(write_config(tmp_path / "hot.yaml", hot), tmp_path / "run")
    assert outcome.kind == "failed"
    assert outcome.message.endswith("execution.max_failed_fraction allows 0.25")
    assert connect(tmp_path / "run" / "dataset.db").count() == outcome.summary.n_selected == 5
