"""What the commands say to machines: one JSON document of the documented form, nothing else."""

import inspect
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from mlip_autopipec.cli import app, documents
from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.pipeline.runner import PipelineRunner

ONE = "execution.cluster.n_workers=1"
ESTIMATE = ("validate", "config.yaml", "--estimate", "--set", ONE)
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_run: Callable[..., Path]) -> Path:
    """A folder with a config and a finished run of it."""
    folder = tmp_path_factory.mktemp("told")
    config = write_run(folder / "config.yaml", "told", exploration={"n_steps": 6, "save_every": 3})
    PipelineRunner(PipelineConfig.from_yaml(config), folder / "run").run()
    return folder


@pytest.fixture
def call(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command with ``--json``; return exit code, standard output, standard error."""
    monkeypatch.chdir(folder)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["mlip-autopipe", *arguments, "--json"])
        with pytest.raises(SystemExit) as ended:
            app.main()
        return int(str(ended.value.code)), *capsys.readouterr()

    return run


@pytest.mark.parametrize(
    ("arguments", "document", "figures"),
    [
        (
            ("validate", "config.yaml"),
            documents.PlanDocument,
            {"n_structures": 2, "n_steps": 12, "n_frames": 6, "n_selected": 3, "estimate": None},
        ),
        (
            ("status", "run"),
            documents.StatusDocument,
            {"state": "finished", "pid": None, "n_structures": 2, "n_ended": 2, "fraction": 1.0},
        ),
        (("cache", "run"), documents.CacheDocument, {"removed": []}),
        (
            ("preview", "config.yaml", "--most", "1"),
            documents.PreviewDocument,
            {"n_shown": 1, "n_structures": 2},
        ),
        (
            ("report", "run"),
            documents.ReportDocument,
            {"verdict": "Finished: 3 of 6 frames are stored."},
        ),
        (("export", "run", "--split", "1,0,0"), documents.ExportDocument, {}),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_command_says_one_document(
    call: Call,
    arguments: tuple[str, ...],
    document: type[documents.Document],
    figures: dict[str, object],
) -> None:
    code, output, errors = call(*arguments)
    assert (code, errors) == (0, "")
    said = json.loads(output)
    assert said | figures == said
    assert document.model_validate_json(output).model_dump(mode="json") == said


def test_an_estimate_is_part_of_the_plan(call: Call) -> None:
    code, output, errors = call(*ESTIMATE)
    assert (code, errors) == (0, "")
    cost = json.loads(output)["estimate"]
    assert cost["n_workers"] == 1
    assert 0.0 < cost["core_s"] < cost["wall_s"]
    assert 0 < cost["worker_bytes"] < cost["memory_bytes"]
    assert documents.PlanDocument.model_validate_json(output).estimate is not None


def test_what_is_named_is_there(call: Call) -> None:
    _, output, _ = call("export", "run", "--split", "1,0,0")
    said = json.loads(output)
    assert Path(said["source"]).is_file()
    assert said["written"]["n_frames"] == {"train": 3}
    assert (Path(said["folder"]) / said["written"]["files"]["train"]).is_file()
    _, output, _ = call("report", "run")
    said = json.loads(output)
    paths = [said["page"], said["data"], *said["pictures"].values()]
    assert all(Path(path).is_file() for path in paths)


def test_an_error_stays_a_line_on_standard_error(call: Call) -> None:
    for arguments in (
        ("validate", "config.yaml", "--set", "seed=-1"),
        ("run", "config.yaml", "--set", "seed=-1"),
        ("status", "nowhere"),
        ("cache", "nowhere"),
    ):
        code, output, errors = call(*arguments)
        assert (code, output) == (2, "")
        assert errors.startswith("error: ")


def _models() -> list[type[documents.BaseModel]]:
    found = vars(documents).values()
    own = [each for each in found if getattr(each, "__module__", "") == documents.__name__]
    return [each for each in own if issubclass(each, documents.BaseModel)]


@pytest.mark.parametrize("model", _models(), ids=lambda model: model.__name__)
def test_every_field_is_documented(model: type[documents.BaseModel]) -> None:
    described = re.findall(r"^    (\w+): ", inspect.getdoc(model) or "", flags=re.MULTILINE)
    own = set(model.model_fields) - {"document", "version"}
    assert own <= set(described)
