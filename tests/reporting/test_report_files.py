"""The files of a report: one page that needs nothing else, figures, data."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from matplotlib import rcParams
from PIL import Image

from mlip_autopipec.pipeline.runner import PipelineRunner
from mlip_autopipec.reporting.figures.gallery import NAMES
from mlip_autopipec.reporting.models import RunReport
from mlip_autopipec.reporting.report_files import ReportError, ReportFiles, write_report

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Identifiers, addresses and unclosed tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self._note(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag
        self._note(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def _note(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in {"href", "src", "data", "action", "xlink:href", "srcset", "poster"}:
                self.addresses.append(str(value))


@pytest.fixture(scope="module")
def written(finished: PipelineRunner) -> ReportFiles:
    return write_report(finished)


@pytest.fixture(scope="module")
def text(written: ReportFiles) -> str:
    return written.page.read_text(encoding="utf-8")


def test_a_whole_run_has_every_figure_in_page_and_folder(written: ReportFiles, text: str) -> None:
    assert tuple(written.pictures) == NAMES
    for name, path in written.pictures.items():
        assert f'id="figure-{name}"' in text
        with Image.open(path) as image:
            assert image.width >= 600
        assert path.stat().st_size < 700_000


def test_the_page_asks_for_nothing(text: str) -> None:
    assert not re.search(r"https?:|//[a-z0-9.-]+\.[a-z]{2,}/", text)
    assert not re.search(r"@import|<link|<img|<iframe", text)
    addresses = Page(text).addresses
    assert addresses
    assert all(address.startswith(("#", "data:image/png;base64,")) for address in addresses)


def test_the_page_is_well_formed(text: str) -> None:
    page = Page(text)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert text.startswith("<!DOCTYPE html>")
    assert {"dataset", "asked", "done", "selection", "reproduce"} <= set(page.ids)
    anchors = {address[1:] for address in page.addresses if address.startswith("#")}
    assert anchors <= set(page.ids)


def test_figures_name_quantities_and_units(text: str) -> None:
    for axis in ("(meV/atom)", "kinetic temperature (K)", "volume (Å³/atom)", "pressure (GPa)"):
        assert axis in text
    for axis in ("distance r (Å)", "moves accepted (%)", "number of selected frames"):
        assert axis in text
    assert "var(--f-ink" in text  # the page's colours, so that it can be dark


def test_the_data_says_what_the_page_says(written: ReportFiles) -> None:
    content = json.loads(written.data.read_text(encoding="utf-8"))
    assert content["verdict"] == written.report.verdict
    assert RunReport.model_validate(content) == written.report


def test_the_same_report_is_not_written_twice(
    finished: PipelineRunner, written: ReportFiles
) -> None:
    before = written.page.stat().st_mtime_ns
    again = write_report(PipelineRunner.open(finished.run_dir))
    assert again == written
    assert written.page.stat().st_mtime_ns == before


def test_writing_changes_nothing_else(finished: PipelineRunner, output: Path) -> None:
    output.mkdir()
    mine, old = output / "mine.png", output / "swaps.png"
    mine.write_bytes(b"mine")
    old.write_bytes(b"old")
    before = dict(rcParams)
    write_report(finished, output)
    assert dict(rcParams) == before
    assert mine.read_bytes() == b"mine"
    assert old.read_bytes() != b"old"


def test_what_a_log_says_is_text_and_no_markup(failing: PipelineRunner, output: Path) -> None:
    text = write_report(failing, output).page.read_text(encoding="utf-8")
    assert "last &lt;/pre&gt;&lt;script&gt;" in text
    assert Page(text).open == []
    assert 'id="failures"' in text


@pytest.mark.parametrize("stage", ["nothing", "generated", "explored"])
def test_an_unfinished_run_has_a_page(
    finished: PipelineRunner, tmp_path: Path, output: Path, stage: str
) -> None:
    runner = PipelineRunner(finished.config, tmp_path / "run")
    runner.prepare()
    if stage != "nothing":
        runner.generate()
        runner.scan_pairs()
    if stage == "explored":
        runner.gather([runner.explore_structure(name) for name in runner.structure_ids()])
    files = write_report(runner, output)
    text = files.page.read_text(encoding="utf-8")
    assert Page(text).open == []
    assert "Nothing has been selected yet." in text
    assert ("thermodynamics" in files.pictures) == (stage == "explored")


def test_one_structure_without_swaps_scan_or_comparison(
    make_run: Callable[..., PipelineRunner],
    output: Path,
) -> None:
    crystal = {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 1.0}, "n_structures": 1}
    runner = make_run(
        generation=[crystal],
        exploration={"monte_carlo": None, "n_steps": 5, "zbl": {"enabled": False, "scan": False}},
        sampling={"kind": "random", "n_samples": 1},
    )
    files = write_report(runner, output)
    assert set(files.pictures) == {"thermodynamics", "radial", "histograms"}
    text = files.page.read_text(encoding="utf-8")
    assert "No move was tried" in text
    assert "Pairs of elements were not scanned." in text
    assert "There is no map of descriptor space: frames were not compared." in text


def test_a_folder_that_cannot_be_written_is_named(finished: PipelineRunner, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ReportError, match=r"--output .*file/below: cannot be written to"):
        write_report(finished, tmp_path / "file" / "below")
