"""Chemiscope as a part of the page: structures in three dimensions, and maps of many frames.

Chemiscope's wheel brings its script, but its own page asks a public network for style sheets that
nothing here needs; so the script is served beside a page of our own.
"""

import math
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import chemiscope
import numpy as np
import streamlit as st
from ase import Atoms
from streamlit.components.v1 import declare_component

_SCRIPT = "chemiscope-streamlit.min.js"
_BONDS_UP_TO = 2000
"""Atoms beyond which bonds are not drawn: finding them takes the browser too long."""


@dataclass(frozen=True)
class Columns:
    """Numbers or words of many frames, by name.

    Attributes:
        values: One a frame.
        units: Of those that have one.
    """

    values: Mapping[str, Sequence[float] | Sequence[str]]
    units: Mapping[str, str]


@st.cache_resource(show_spinner=False)
def _component() -> tuple[Any, tempfile.TemporaryDirectory[str]]:
    """Return the component, and the folder that it is served from until the server ends."""
    folder = tempfile.TemporaryDirectory(prefix="mlip-autopipe-viewer-")
    page = files("mlip_autopipec.ui") / "static" / "viewer.html"
    Path(folder.name, "index.html").write_text(page.read_text(encoding="utf-8"), encoding="utf-8")
    shutil.copyfile(
        Path(chemiscope.__file__).parent / "streamlit" / _SCRIPT, Path(folder.name, _SCRIPT)
    )
    return declare_component("structure_viewer", path=folder.name), folder


def show_structures(structures: Sequence[Atoms], *, key: str, height_px: int = 420) -> None:
    """Draw structures, which the user turns and, if there are several, pages through."""
    n_atoms = max(len(atoms) for atoms in structures)
    periodic = any(atoms.cell.rank == 3 and atoms.pbc.any() for atoms in structures)  # noqa: PLR2004
    look = {
        "unitCell": periodic,
        "bonds": n_atoms <= _BONDS_UP_TO,
        "keepOrientation": True,
        "spaceFilling": False,
        "atomLabels": False,
    }
    dataset = chemiscope.create_input(
        [_plain(atoms) for atoms in structures], metadata={"name": " "}
    )
    _draw(dataset, mode="structure", key=key, height_px=height_px, settings={"structure": [look]})


def show_map(
    columns: Columns,
    *,
    x: str,
    y: str,
    color: str,
    symbol: str = "",
    size: str = "",
    key: str,
    height_px: int = 520,
) -> int | None:
    """Draw a point a frame; return the one that the user clicked at last, None before.

    Args:
        columns: What is known of the frames.
        x: Column along the first axis.
        y: Column along the second axis.
        color: Column of numbers that points are coloured by.
        symbol: Column of words that the shapes of points stand for; none if empty.
        size: Column of numbers that the sizes of points stand for; all are alike if empty.
        key: Of the widget.
        height_px: Height.
    """
    properties = {
        name: {
            "target": "structure",
            "values": list(values),
            **({"units": columns.units[name]} if name in columns.units else {}),
        }
        for name, values in columns.values.items()
    }
    settings: dict[str, Any] = {
        "map": {
            "x": {"property": x},
            "y": {"property": y},
            "color": {"property": color},
            "symbol": symbol,
            "palette": "viridis",
            "size": {"factor": 32, "property": size, "mode": "linear"} if size else {"factor": 40},
            "markerOutline": False,
        }
    }
    dataset = chemiscope.create_input(properties=properties, metadata={"name": " "})
    chosen = _draw(dataset, mode="map", key=key, height_px=height_px, settings=settings)
    selected = (chosen or {}).get("selected_id")
    return selected if isinstance(selected, int) else None


def _draw(
    dataset: dict[str, Any], *, mode: str, key: str, height_px: int, settings: dict[str, Any]
) -> dict[str, Any] | None:
    """Hand a dataset to chemiscope; return what it says of the user's doings."""
    component, _ = _component()
    answer = component(
        dataset=dataset,
        settings=settings,
        mode=mode,
        no_info_panel=mode == "structure" and len(dataset["structures"]) == 1,
        key=key,
        width="stretch",
        height=height_px,
        selected_index=0,
        default=None,
    )
    return answer if isinstance(answer, dict) else None


def _plain(atoms: Atoms) -> Atoms:
    """Return a structure with nothing but what is drawn; a lone cell direction gets a length."""
    bare = Atoms(atoms.numbers, positions=atoms.positions, pbc=atoms.pbc)
    if atoms.cell.rank == 3 and math.isfinite(atoms.cell.volume):  # noqa: PLR2004
        bare.set_cell(np.asarray(atoms.cell))
    else:
        bare.pbc = False
    return bare
