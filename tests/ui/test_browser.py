"""The page in a real browser: from an empty form to a downloaded training set."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import ase.io
import psutil
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = shutil.which("chromium")
PROGRAM = Path(sys.executable).with_name("mlip-autopipe")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
    *("--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
LAUNCHED_S = 180.0  # for server, workers and the first progress, on a machine that is busy
FINISHED_S = 400.0
STOPPED_S = 10.0
DRAWN_MS = 180_000  # without a graphics card, on a machine that is busy

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the page works in."""
    return tmp_path_factory.mktemp("browsed").resolve()


@pytest.fixture(scope="module")
def config(write_run: Callable[..., Path], folder: Path) -> Callable[[str, int], Path]:
    """Writes the config of a run of some seconds, of a name and so many steps."""

    def write(name: str, n_steps: int) -> Path:
        return write_run(
            folder / f"{name}.yaml",
            name,
            seed=5,
            alloy={"supercell": [2, 2, 1]},
            exploration={
                "temperature_K": {"start": 300, "end": 900},
                "n_steps": n_steps,
                "save_every": 40,
                "timestep_fs": 2.0,
            },
            sampling={
                "kind": "fps",
                "n_samples": 12,
                "descriptor": {"kind": "soap", "r_cut_A": 4.0},
            },
            execution={"cluster": {"n_workers": 2}},
        )

    return write


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The page's address, while it is served."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    environment = plain | {"MLIP_AUTOPIPE_HOME": str(folder / ".home")}
    with subprocess.Popen(
        [PROGRAM, "ui", str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as served:
        assert served.stdout is not None
        addresses = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in served.stdout)
        yield next(found[0] for found in addresses if found is not None)
        served.terminate()
        try:
            served.wait(STOPPED_S)
        except subprocess.TimeoutExpired:
            served.kill()
    subprocess.run([PROGRAM, "server", "stop"], env=environment, check=False, capture_output=True)


@pytest.fixture
def open_page(address: str, tmp_path: Path) -> Iterator[Callable[[], "Page"]]:
    """Opens a browser at the page; each has a profile of its own.

    One that asks for anything outside this machine fails the test.
    """
    asked: list[str] = []
    pages: list[Page] = []
    with sync_api.sync_playwright() as playwright:

        def opened() -> "Page":
            context = playwright.chromium.launch_persistent_context(
                str(tmp_path / f"profile-{len(pages)}"),
                executable_path=CHROMIUM,
                args=list(FLAGS),
                viewport={"width": 1280, "height": 900},
                accept_downloads=True,
            )
            context.set_default_timeout(DRAWN_MS)
            page = context.new_page()
            page.on("request", lambda request: asked.append(request.url))
            page.goto(address)
            pages.append(page)
            return page

        yield opened
        for number, page in enumerate(pages):
            page.screenshot(path=tmp_path / f"last-{number}.png", timeout=DRAWN_MS)
            page.context.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


@pytest.fixture
def page(open_page: Callable[[], "Page"]) -> "Page":
    """A browser at the page."""
    return open_page()


def _wait_for(condition: Callable[[], bool], limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.5)


def test_from_a_form_to_a_downloaded_training_set(
    page: "Page", config: Callable[[str, int], Path], folder: Path
) -> None:
    page.locator("input[type=file]").set_input_files(config("browsed", 1600))
    _badge(page, "valid").wait_for()

    page.get_by_role("tab", name="Exploration").click()
    timestep = page.get_by_role("spinbutton", name="Timestep (fs)")
    timestep.fill("40")
    timestep.press("Enter")
    page.get_by_text("exploration.timestep_fs: 40.0 is above 10 fs").wait_for()
    launch = page.get_by_role("button", name="Launch")
    assert launch.is_disabled()
    timestep.fill("2")
    timestep.press("Enter")
    _badge(page, "valid").wait_for()

    page.get_by_text("Structures in 3D").click()
    page.frame_locator("iframe").locator("canvas").first.wait_for()

    launch.click()
    page.get_by_role("heading", name="runs/browsed").wait_for()
    page.get_by_text("of all MD steps").wait_for(timeout=LAUNCHED_S * 1000)
    _wait_for(lambda: _percent(page) > 0, LAUNCHED_S)
    href = page.get_by_role("link", name="Prefect").get_attribute("href")
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/runs/flow-run/[0-9a-f-]+", href)
    (run_dir,) = (folder / "runs").iterdir()
    holder = int((run_dir / ".holder").read_text(encoding="utf-8").split()[1])
    assert psutil.Process(holder).ppid() != os.getpid()

    _badge(page, "finished").wait_for(timeout=FINISHED_S * 1000)
    page.get_by_role("button", name="Results").click()
    page.get_by_text("Finished: 12 of 82 frames are stored.").wait_for()

    page.get_by_text("Map", exact=True).click()
    plot = page.frame_locator("iframe").first
    plot.locator("canvas").first.wait_for()
    title = page.get_by_text(re.compile(r"^alloy-000\d-\d+ · "))
    title.wait_for()
    before = title.inner_text()
    assert _click_a_point(page, title, before)

    page.get_by_text("Dataset", exact=True).click()
    page.get_by_text("12 frames").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="These frames (.xyz)").click()
    saved = folder / "downloaded.xyz"
    download.value.save_as(saved)
    frames = ase.io.read(saved, ":")
    assert len(frames) == 12
    assert all(set(frame.symbols) == {"Cu", "Au"} for frame in frames)
    with page.expect_download() as download:
        page.get_by_role("button", name="Database (.db)").click()
    download.value.save_as(folder / "downloaded.db")
    stored = ase.io.read(folder / "downloaded.db", ":")
    energies = sorted(frame.get_potential_energy() for frame in stored)
    assert energies == pytest.approx(sorted(frame.get_potential_energy() for frame in frames))


def test_a_run_is_stopped_in_one_browser_and_resumed_in_another(
    page: "Page",
    open_page: Callable[[], "Page"],
    config: Callable[[str, int], Path],
    folder: Path,
) -> None:
    run_dir = folder / "runs" / "halted"
    page.locator("input[type=file]").set_input_files(config("halted", 6000))
    _badge(page, "valid").wait_for()
    page.get_by_role("button", name="Launch").click()
    page.get_by_role("heading", name="runs/halted").wait_for()
    _wait_for(lambda: _percent(page) > 0, LAUNCHED_S)

    other = open_page()
    other.goto(page.url)
    other.get_by_role("heading", name="runs/halted").wait_for()
    _wait_for(lambda: _percent(other) > 0, LAUNCHED_S)
    holder = int((run_dir / ".holder").read_text(encoding="utf-8").split()[1])
    page.get_by_role("button", name="Stop").click()
    for each in (page, other):
        _badge(each, "stopped").wait_for()
    assert not psutil.pid_exists(holder)
    assert list(run_dir.glob("trajectories/.*.working/checkpoint-*.bin"))

    other.get_by_role("button", name="Resume").click()
    for each in (other, page):
        _wait_for(lambda each=each: _percent(each) > 0, LAUNCHED_S)
    for each in (page, other):
        _badge(each, "finished").wait_for(timeout=FINISHED_S * 1000)
    assert len(list(run_dir.glob("records/explore/*.json"))) == 2


def test_an_address_that_leaves_the_folder_is_refused(page: "Page", address: str) -> None:
    page.goto(f"{address}/results?run=../../etc")
    page.get_by_text("../../etc: leaves").wait_for()


def _badge(page: "Page", word: str) -> object:
    """A coloured word; its icon's name goes before it."""
    return page.locator(".stMarkdownBadge", has_text=word).first


def _percent(page: "Page") -> int:
    """How much of the run is done, as the page says."""
    found = re.search(r"(\d+)% of all MD steps", page.locator("body").inner_text())
    return int(found[1]) if found else 0


def _click_a_point(page: "Page", title: "Locator", before: str) -> bool:
    """Click all over the map until another point than before is chosen."""
    for down in range(12):
        for across in range(20):
            box = page.locator("iframe").first.bounding_box()
            assert box is not None
            x, y = box["x"] + box["width"] * (0.08 + 0.035 * across), box["y"] + 60 + 30 * down
            page.mouse.move(x, y)
            page.wait_for_timeout(80)
            page.mouse.click(x, y)
        page.wait_for_timeout(1500)
        if title.first.inner_text() != before:
            return True
    return False
