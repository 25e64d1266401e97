"""The pages as Streamlit draws them, without a browser."""

from importlib.resources import files
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mlip_autopipec.ui.document import read
from mlip_autopipec.ui.server import ROOT_VARIABLE

SCRIPT = str(files("mlip_autopipec.ui") / "app.py")
DRAWN_S = 60.0


def _page() -> AppTest:
    return AppTest.from_file(SCRIPT, default_timeout=DRAWN_S).run()


def _begin(kind: str) -> AppTest:
    page = _page()
    (button,) = (b for b in page.button if b.key == f"begin-{kind}")
    return button.click().run()


def _texts(page: AppTest) -> str:
    return "\n".join(str(element.value) for element in (*page.markdown, *page.error, *page.info))


@pytest.mark.usefixtures("page_root")
def test_the_first_page_offers_every_kind() -> None:
    page = _page()
    assert not page.exception
    begins = {b.key for b in page.button if str(b.key).startswith("begin-")}
    assert {"begin-alloy", "begin-ionic", "begin-slab", "begin-cluster"} <= begins


@pytest.mark.usefixtures("page_root")
@pytest.mark.parametrize("kind", ["alloy", "ionic", "file", "slab", "cluster", "molecule"])
def test_a_form_of_every_kind_leaves_the_config_as_it_is(kind: str) -> None:
    page = _begin(kind)
    assert not page.exception
    before = page.text_area[0].value
    assert ":green-badge[:material/check: valid]" in _texts(page)
    assert page.run().text_area[0].value == before


@pytest.mark.usefixtures("page_root")
def test_a_fault_is_worded_as_on_the_command_line_and_mended() -> None:
    page = _begin("alloy")
    (timestep,) = (n for n in page.number_input if n.label == "Timestep (fs)")
    page = timestep.set_value(40.0).run()
    assert [e.value for e in page.error] == ["exploration.timestep_fs: 40.0 is above 10 fs"]
    assert ":red[:material/error: 40.0 is above 10 fs]" in _texts(page)
    assert read(page.text_area[0].value)["exploration"]["timestep_fs"] == 40.0
    (launch,) = (b for b in page.button if b.label == "Launch")
    assert launch.disabled
    (timestep,) = (n for n in page.number_input if n.label == "Timestep (fs)")
    page = timestep.set_value(1.0).run()
    assert not page.error


@pytest.mark.usefixtures("page_root")
def test_the_form_follows_the_yaml() -> None:
    page = _begin("alloy")
    text = page.text_area[0].value.replace("n_steps: 1000", "n_steps: 77")
    page = page.text_area[0].set_value(text).run()
    (steps,) = (n for n in page.number_input if str(n.key).endswith("exploration.n_steps/"))
    assert steps.value == 77
    assert page.text_area[0].value == text
    page = page.text_area[0].set_value("name: [").run()
    assert page.error[0].value.startswith("YAML: ")


@pytest.mark.usefixtures("page_root")
def test_another_kind_keeps_what_both_know() -> None:
    page = _begin("alloy")
    (kind,) = (s for s in page.selectbox if str(s.key).endswith("exploration.calculator/kind"))
    page = kind.set_value("emt").run()
    assert read(page.text_area[0].value)["exploration"]["calculator"] == {"kind": "emt"}
    assert not page.error


@pytest.mark.usefixtures("page_root")
def test_items_are_added_and_removed() -> None:
    page = _begin("alloy")
    adding = next(s for s in page.selectbox if str(s.key).endswith("transforms/add"))
    page = adding.set_value("vacancies").run()
    transforms = read(page.text_area[0].value)["generation"][0]["transforms"]
    assert [t["kind"] for t in transforms] == ["strain", "rattle", "vacancies"]
    given = "generation[0].transforms[2]: {kind: 'vacancies'}"
    expected = f"{given} should have either count or fraction"
    assert expected in [e.value for e in page.error]
    removing = next(b for b in page.button if str(b.key).endswith("transforms[0]/remove"))
    page = removing.click().run()
    transforms = read(page.text_area[0].value)["generation"][0]["transforms"]
    assert [t["kind"] for t in transforms] == ["rattle", "vacancies"]


def test_a_config_that_reads_outside_cannot_be_launched(page_root: Path) -> None:
    page = _begin("file")
    path = next(t for t in page.text_input if t.label == "Path")
    page = path.set_value("../elsewhere/*.cif").run()
    expected = f"../elsewhere/*.cif: leaves {page_root}, below which this page works"
    assert [e.value for e in page.error] == [f"generation[0].path: {expected}"]


def _results(part: str) -> AppTest:
    def script(part: str) -> None:
        import os  # noqa: PLC0415 - the script stands alone

        import streamlit as st  # noqa: PLC0415 - the script stands alone

        from mlip_autopipec.ui.confinement import RootFolder  # noqa: PLC0415 - the script stands alone
        from mlip_autopipec.ui.results_page import results_page  # noqa: PLC0415 - the script stands alone
        from mlip_autopipec.ui.site import Site  # noqa: PLC0415 - the script stands alone

        st.session_state.setdefault("results.part", part)
        results_page(Site(RootFolder(os.environ["MLIP_AUTOPIPE_UI_ROOT"])))

    return AppTest.from_function(script, args=(part,), default_timeout=DRAWN_S)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("Overview", "##### Structures"),
        ("Trajectories", "**alloy-0000-0**"),
        ("Radial distribution", "##### alloy"),
        ("Map", ":gray-badge[explored]"),
        ("Dataset", "**6 frames**"),
    ],
)
def test_results_of_a_finished_run(
    finished_root: Path, monkeypatch: pytest.MonkeyPatch, part: str, said: str
) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(finished_root))
    page = _results(part).run()
    assert not page.exception
    assert "Finished: 6 of 22 frames are stored." in _texts(page)
    assert said in _texts(page)


@pytest.mark.usefixtures("page_root")
def test_results_without_a_run_say_so() -> None:
    page = _results("Overview").run()
    assert not page.exception
    assert "**No run yet**" in _texts(page)
