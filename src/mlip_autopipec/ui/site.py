"""What all pages share: the folder, the way from one page to another, and small parts of layout."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from mlip_autopipec.ui.confinement import RootFolder

_RUN = "site.run"
_PAGE = "site.page"


@dataclass
class Site:
    """One user's visit.

    Attributes:
        root: The folder that the page works in.
        pages: By name.
    """

    ICONS: ClassVar[dict[str, str]] = {
        "compose": ":material/edit_note:",
        "runs": ":material/monitoring:",
        "results": ":material/scatter_plot:",
    }

    root: RootFolder
    pages: dict[str, StreamlitPage] = field(default_factory=dict)

    @property
    def run(self) -> Path | None:
        """The run that the user looks at: named in the address, or chosen before.

        Raises:
            OutsideError: The address names a path outside the folder, or no run.
        """
        named = st.query_params.get("run") or st.session_state.get(_RUN)
        return None if named is None else self.root.run_directory(named)

    def has_arrived(self, page: str) -> bool:
        """Say whether the user comes from another page, which forgets what widgets held."""
        before = st.session_state.get(_PAGE)
        st.session_state[_PAGE] = page
        return before not in (None, page)

    def look_at(self, run_dir: Path) -> None:
        """Remember which run the user looks at, in the address too."""
        name = self.root.relative(run_dir)
        st.session_state[_RUN] = name
        st.query_params["run"] = name

    def go(self, page: str, run_dir: Path) -> None:
        """Show another page on a run."""
        name = self.root.relative(run_dir)
        st.session_state[_RUN] = name
        st.switch_page(self.pages[page], query_params={"run": name})


def heading(title: str, about: str) -> None:
    """Draw the head of a page."""
    st.markdown(f"## {title}")
    st.markdown(f":gray[{about}]")


def empty(icon: str, title: str, about: str) -> None:
    """Draw what stands where there is nothing to show yet."""
    with st.container(border=True, horizontal_alignment="center", key=f"empty-{title}"):
        st.markdown(f"### :material/{icon}:", width="content")
        st.markdown(f"**{title}**", width="content")
        st.markdown(f":gray[{about}]", width="content")


def figures(values: dict[str, str]) -> None:
    """Draw a row of figures."""
    with st.container(horizontal=True, gap="medium"):
        for name, value in values.items():
            st.metric(name, value, border=True)
