"""The report as the UI shows it: every text below a megabyte, and nothing in it breaks out."""

import logging

import pytest
from harness import EMT

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.orchestration import report_artifacts
from mlip_autopipec.orchestration.report_artifacts import (
    card_markdown,
    failures_markdown,
    picture_markdowns,
    publish_report,
)
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting.models import StructureEntry
from mlip_autopipec.reporting.report_files import ReportFiles, write_report

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> PipelineRunner:
    runner = PipelineRunner(PipelineConfig.model_validate(EMT), tmp_path_factory.mktemp("run"))
    runner.run()
    return runner


@pytest.fixture(scope="module")
def files(runner: PipelineRunner) -> ReportFiles:
    return write_report(runner)


def test_every_picture_is_text_that_holds_it(files: ReportFiles) -> None:
    texts = picture_markdowns(files)
    assert {"thermodynamics", "coverage", "descriptor-map", "pair-scan"} <= set(texts)
    for text in texts.values():
        assert len(text.encode()) < MEGABYTE
        assert "](data:image/png;base64," in text


def test_the_card_says_what_and_how(files: ReportFiles) -> None:
    text = card_markdown(files)
    assert "| property | value |\n|---|---|\n| frames | " in text
    assert "| elements | Au, Cu |" in text
    assert "they are not DFT results" in text
    assert f"mlip-autopipe run {files.report.run_dir}/config.json" in text


def test_a_log_cannot_end_its_block() -> None:
    entry = StructureEntry(
        structure_id="a-0", status="failed", reason="too | hot\nby far", log_tail=("```", "# x")
    )
    lines = failures_markdown([entry]).splitlines()
    assert "too \\| hot by far" in lines
    begin = lines.index("````text")
    assert lines[begin : begin + 4] == ["````text", "```", "# x", "````"]


def test_many_failures_stay_below_a_megabyte() -> None:
    tail = tuple("x" * 300 for _ in range(15))
    entries = [
        StructureEntry(structure_id=f"a-{n}", status="failed", reason="r" * 300, log_tail=tail)
        for n in range(5000)
    ]
    text = failures_markdown(entries)
    assert len(text) < MEGABYTE
    assert text.endswith("and 4950 more")


def test_a_report_that_cannot_be_made_is_logged_and_costs_no_run(
    runner: PipelineRunner,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(runner: PipelineRunner) -> ReportFiles:
        message = f"{runner.config.name}: no"
        raise ValueError(message)

    monkeypatch.setattr(report_artifacts, "write_report", fail)
    with caplog.at_level(logging.ERROR):
        publish_report(runner)
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "the report could not be written" in record.message
