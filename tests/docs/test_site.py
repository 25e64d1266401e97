"""The site: it builds without a warning, asks no other host for anything, and is complete."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src"}


class Assets(HTMLParser):
    """The addresses that a browser would load by itself, and the page's anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        address = values.get(LOADED.get(tag, ""))
        if tag == "link" and values.get("rel") != "canonical":
            address = values.get("href")
        if address:
            self.addresses.append(address)
        if values.get("id"):
            self.anchors.add(str(values["id"]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        # not --quiet: it hides warnings from --strict too
        [BIN / "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_pages_load_nothing_from_another_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        addresses = Assets(page.read_text(encoding="utf-8")).addresses
        assert addresses
        assert not [a for a in addresses if re.match(r"(\w+:)?//", a)], page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(\w+:)?//", sheet.read_text()), sheet


def test_included_files_are_shown(site: Path) -> None:
    """ruff formats Python blocks, and may take the sign of an inclusion for an expression."""
    for page in site.rglob("*.html"):
        text = re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))
        assert not re.search(r"--\s*8\s*&lt;\s*--", text), page
    assert "class StackingConfig" in re.sub(
        r"<[^>]+>", "", (site / "extending.html").read_text(encoding="utf-8")
    )


def test_every_section_of_the_config_is_in_the_reference(site: Path) -> None:
    page = Assets((site / "reference" / "config.html").read_text(encoding="utf-8"))
    definitions = PipelineConfig.model_json_schema()["$defs"]
    kinds = [
        definition["properties"]["kind"]["const"]
        for definition in definitions.values()
        if "const" in definition["properties"].get("kind", {})
    ]
    assert len(kinds) > 30
    for kind in kinds:
        assert [anchor for anchor in page.anchors if anchor.endswith(f"-{kind.lower()}")], kind
    for section in ("exploration", "exploration.guards", "exploration.zbl", "storage", "execution"):
        assert section in page.anchors


def test_bounds_units_and_defaults_are_in_the_reference(site: Path) -> None:
    text = re.sub(r"<[^>]+>", "", (site / "reference" / "config.html").read_text(encoding="utf-8"))
    flat = " ".join(text.split())
    assert "timestep_fs number &gt; 0, ≤ 10, in fs 2.0 Timestep in fs." in flat
    assert "seed integer ≥ 0, &lt; 2^63 0 Seed" in flat


def test_formulas_are_drawn_by_the_browser(site: Path) -> None:
    page = (site / "how-it-works.html").read_text(encoding="utf-8")
    assert page.count("<math ") >= 4
    assert "0.18175" in page
