"""`mlip-autopipe report`: the page and what is said of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlip_autopipec.cli import app
from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.pipeline.runner import PipelineRunner


def _call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["mlip-autopipe", "report", *arguments])
    with pytest.raises(SystemExit) as ended:
        app.main()
    return int(str(ended.value.code))


def test_writes_the_page_beside_the_run_or_where_it_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    short_run: Callable[..., dict[str, Any]],
) -> None:
    run_dir, output = tmp_path / "run", tmp_path / "elsewhere"
    document = short_run("told", alloy={"n_structures": 1}, exploration={"n_steps": 5})
    PipelineRunner(PipelineConfig.model_validate(document), run_dir).run()
    assert _call(monkeypatch, str(run_dir)) == 0
    page = run_dir / "report" / "report.html"
    assert capsys.readouterr().out.splitlines() == [
        "Finished: 2 of 2 frames are stored.",
        f"report: {page}",
    ]
    assert _call(monkeypatch, str(run_dir), "--output", str(output)) == 0
    assert {path.name for path in output.iterdir()} >= {"report.html", "report.json"}
    assert _call(monkeypatch, str(run_dir), "--output", str(page)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"error: --output {page}: cannot be written to (File exists)"


@pytest.mark.parametrize("name", ["empty", "missing", "file"])
def test_a_folder_without_a_run_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    assert _call(monkeypatch, str(tmp_path / name)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"error: {tmp_path / name}: holds no run (there is no config.json)"
    assert not (tmp_path / "missing").exists()
