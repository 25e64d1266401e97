"""Nothing outside the page's folder is read, however the path is written."""

from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.ui.confinement import OutsideError, RootFolder
from mlip_autopipec.ui.document import checked
from mlip_autopipec.ui.examples import example
from mlip_autopipec.ui.run_files import RunFiles


@pytest.fixture
def root(tmp_path: Path) -> RootFolder:
    inside = tmp_path / "inside"
    for folder in (inside / "runs" / "one", inside / "runs" / "one" / "records", tmp_path / "out"):
        folder.mkdir(parents=True)
    (inside / "runs" / "one" / "config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "out" / "config.json").write_text("{}", encoding="utf-8")
    (inside / "link").symlink_to(tmp_path / "out")
    return RootFolder(inside)


def test_paths_below_the_folder(root: RootFolder) -> None:
    assert root.below("runs/one") == root.path / "runs" / "one"
    assert root.below(root.path / "runs") == root.path / "runs"
    assert root.run_directory("runs/one") == root.path / "runs" / "one"


@pytest.mark.parametrize("given", ["..", "runs/../../out", "/etc/passwd", "~", "link", "link/a"])
def test_paths_that_leave_are_refused(root: RootFolder, given: str) -> None:
    with pytest.raises(OutsideError) as caught:
        root.below(given)
    assert str(caught.value) == f"{given}: leaves {root.path}, below which this page works"


def test_what_is_no_path_is_refused(root: RootFolder) -> None:
    with pytest.raises(OutsideError, match="is not a path"):
        root.below("a\x00b")


def test_a_folder_without_a_run_is_refused(root: RootFolder) -> None:
    with pytest.raises(OutsideError, match=r"runs: holds no run \(there is no config.json\)"):
        root.run_directory("runs")


def test_the_root_has_to_be_a_folder(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="is not a folder"):
        RootFolder(tmp_path / "absent")


def test_runs_are_found_and_links_are_not_followed(root: RootFolder) -> None:
    assert [root.relative(path) for path in root.run_directories()] == ["runs/one"]


def _config(kind: str, **generator: object) -> PipelineConfig:
    document = example(kind)
    document["generation"][0] |= generator
    document["exploration"]["calculator"] = {"kind": "emt"}
    config, faults = checked(document)
    assert config is not None, faults
    return config


@pytest.mark.parametrize("path", ["../out/*.cif", "/etc/hosts", "link", "link/*.json", "~/a.cif"])
def test_configs_that_read_outside_are_refused(root: RootFolder, path: str) -> None:
    (fault,) = root.faults(_config("file", path=path))
    assert fault.startswith("generation[0].path: ")
    assert fault.endswith(f"leaves {root.path}, below which this page works")


def test_a_pattern_that_matches_a_link_outside_is_refused(root: RootFolder) -> None:
    (root.path / "cifs").mkdir()
    (root.path / "cifs" / "a.cif").symlink_to(root.path.parent / "out" / "config.json")
    for path in ("cifs/*.cif", "cifs"):
        (fault,) = root.faults(_config("file", path=path))
        assert "cifs/a.cif: leaves" in fault


def test_configs_that_stay_inside_pass(root: RootFolder) -> None:
    assert root.faults(_config("alloy")) == ()
    assert root.faults(_config("file", path="cifs/*.cif")) == ()


def test_a_run_with_a_link_that_leads_outside_is_refused(root: RootFolder) -> None:
    run_dir = root.path / "runs" / "two"
    PipelineRunner(_config("alloy"), run_dir).prepare()
    assert RunFiles(root, run_dir).runner.config.name == "my-alloy"
    (run_dir / "trajectories").mkdir()
    (run_dir / "trajectories" / "alloy-0000.xyz").symlink_to(root.path.parent / "out")
    with pytest.raises(OutsideError, match="leaves"):
        _ = RunFiles(root, run_dir).runner
