"""What the Prefect UI shows of a run's report: pictures, the dataset's card, and failures."""

import logging
import re
from collections.abc import Sequence

from prefect.artifacts import create_markdown_artifact

from mlip_autopipec.orchestration.artifacts import artifact_key, publish, table_cell
from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting.figures.gallery import Words, words_of
from mlip_autopipec.reporting.figures.style import data_uri
from mlip_autopipec.reporting.models import RunReport, StructureEntry
from mlip_autopipec.reporting.report_files import ReportFiles, write_report

logger = logging.getLogger(__name__)

_MAX_FAILURES = 50


def publish_report(runner: PipelineRunner) -> None:
    """Write a run's report and publish it.

    The results of the run are stored by now: a report that cannot be made is logged with its
    traceback, and costs nothing but itself.
    """
    try:
        files = write_report(runner)
    except Exception:
        logger.exception("the report could not be written; `mlip-autopipe report` tries again")
        return
    report, name = files.report, runner.config.name
    for picture, text in picture_markdowns(files).items():
        title = words_of(report)[picture].title
        _publish_markdown(text, artifact_key(picture, name), title)
    _publish_markdown(card_markdown(files), artifact_key("card", name), "The dataset's card")
    failed = [entry for entry in report.structures if entry.status == "failed"]
    if failed:
        key = artifact_key("failures", name)
        _publish_markdown(failures_markdown(failed), key, f"{len(failed)} structures that failed")


def picture_markdowns(files: ReportFiles) -> dict[str, str]:
    """Return each picture of a report as Markdown that holds it; all stay below a megabyte."""
    words = words_of(files.report)
    return {
        name: _picture_markdown(words[name], path.read_bytes())
        for name, path in files.pictures.items()
    }


def card_markdown(files: ReportFiles) -> str:
    """Write the dataset's card as Markdown."""
    report: RunReport = files.report
    rows = [*report.card.rows, ("report", str(files.page))]
    lines = [f"# {report.name}", "", f"{report.verdict} Labels: {report.card.labels}.", ""]
    lines += ["| property | value |", "|---|---|"]
    lines += [f"| {table_cell(name)} | {table_cell(value)} |" for name, value in rows]
    lines += ["", "## How to reproduce", "", *_code(report.card.reproduce)]
    return "\n".join(lines) + "\n"


def failures_markdown(failed: Sequence[StructureEntry]) -> str:
    """Write why structures failed, and what their logs say last."""
    lines = ["# Structures that failed", ""]
    for entry in failed[:_MAX_FAILURES]:
        lines += [f"## {entry.structure_id}", "", table_cell(entry.reason), ""]
        if len(entry.faults) > 1:  # a single one is the reason
            lines += [f"- {table_cell(fault)}" for fault in entry.faults]
        lines += ["", *_code(entry.log_tail)] if entry.log_tail else ["", "It left no log."]
        lines.append("")
    if len(failed) > _MAX_FAILURES:
        lines.append(f"and {len(failed) - _MAX_FAILURES} more")
    return "\n".join(lines)


def _picture_markdown(words: Words, png: bytes) -> str:
    """Write a picture with its title and caption."""
    return f"## {words.title}\n\n![{words.title}]({data_uri(png)})\n\n{words.caption}\n"


def _code(lines: Sequence[str]) -> list[str]:
    """Return lines as a block of code that none of them can end."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence]


def _publish_markdown(text: str, key: str, description: str) -> None:
    """Create a Markdown artifact."""
    publish(lambda: create_markdown_artifact(text, key, description))
