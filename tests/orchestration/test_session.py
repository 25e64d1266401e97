"""A run as the orchestrator takes it up."""

from pathlib import Path

import pytest
from harness import write_config

from mlip_autopipec.errors import ConfigError
from mlip_autopipec.orchestration.session import FlowRunNote, assignments, load_runner, read_note


def test_the_run_directory_is_named_after_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runner = load_runner(write_config(tmp_path / "a.yaml", {"name": "cu-au"}))
    assert runner.run_dir == tmp_path / "runs" / "cu-au"
    assert not runner.run_dir.exists()


@pytest.mark.parametrize(
    "overrides",
    [
        ["exploration.n_steps=40", "execution.retries=0"],
        {"exploration.n_steps": 40, "execution.retries": 0},
    ],
)
def test_overrides_come_as_a_list_or_a_mapping(
    tmp_path: Path, overrides: list[str] | dict[str, int]
) -> None:
    config = load_runner(write_config(tmp_path / "a.yaml"), overrides, tmp_path / "r").config
    assert (config.exploration.n_steps, config.execution.retries) == (40, 0)


def test_a_mapping_may_hold_sections(tmp_path: Path) -> None:
    overrides = {"sampling": {"kind": "random", "n_samples": 2}}
    config = load_runner(write_config(tmp_path / "a.yaml"), overrides, tmp_path / "r").config
    assert config.sampling.kind == "random"


def test_faults_of_overrides_are_told_as_those_of_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"exploration\.n_steps"):
        load_runner(write_config(tmp_path / "a.yaml"), {"exploration.n_steps": -1}, tmp_path / "r")


def test_no_overrides_are_none() -> None:
    assert assignments(None) == assignments([]) == assignments({}) == ()


def test_a_note_is_read_back_and_damage_is_no_note(tmp_path: Path) -> None:
    assert read_note(tmp_path) is None
    note = FlowRunNote(flow_run_id="a", url="http://x", pid=3)
    (tmp_path / "flow_run.json").write_text(note.model_dump_json())
    assert read_note(tmp_path) == note
    (tmp_path / "flow_run.json").write_text("{")
    assert read_note(tmp_path) is None
