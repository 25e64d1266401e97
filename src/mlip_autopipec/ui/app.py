"""The page's script, which Streamlit runs for each user and each change."""

import os
from functools import partial
from importlib.resources import files

import streamlit as st

from mlip_autopipec.errors import AutoPipeError
from mlip_autopipec.ui.compose_page import compose_page
from mlip_autopipec.ui.confinement import RootFolder
from mlip_autopipec.ui.results_page import results_page
from mlip_autopipec.ui.runs_page import runs_page
from mlip_autopipec.ui.server import ROOT_VARIABLE
from mlip_autopipec.ui.site import Site


def main() -> None:
    """Draw the page that the user is on."""
    st.set_page_config(page_title="MLIP-AutoPipe", page_icon="⚛️", layout="wide", menu_items={})
    style = (files("mlip_autopipec.ui") / "static" / "style.css").read_text(encoding="utf-8")
    st.html(f"<style>{style}</style>")
    site = Site(RootFolder(os.environ.get(ROOT_VARIABLE, ".")))
    draw = {"compose": compose_page, "runs": runs_page, "results": results_page}
    for name, page in draw.items():
        site.pages[name] = st.Page(
            partial(page, site),
            title=name.capitalize(),
            icon=Site.ICONS[name],
            url_path=name,
            default=name == "compose",
        )
    chosen = st.navigation(list(site.pages.values()), position="top")
    try:
        chosen.run()
    except AutoPipeError as error:
        for line in str(error).splitlines():
            st.error(line, icon=":material/error:")


main()
