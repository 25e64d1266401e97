"""The dataset: filters, a table, a row's atoms, and downloads."""

from dataclasses import dataclass
from itertools import islice

import pandas as pd
import streamlit as st
from ase.db.row import AtomsRow

from mlip_autopipec.errors import StorageError
from mlip_autopipec.reporting.models import RunReport
from mlip_autopipec.reporting.wording import count, subscripts
from mlip_autopipec.storage.db_wrapper import AseDBWrapper
from mlip_autopipec.storage.rows import frame_of
from mlip_autopipec.ui.frame_view import show_atoms
from mlip_autopipec.ui.run_files import RunFiles, as_extxyz, as_training_files, opened
from mlip_autopipec.ui.site import empty

MOST_ROWS = 1000


@dataclass(frozen=True)
class Filters:
    """Which rows are wanted; empty or None means any.

    Attributes:
        elements: All of these are in a frame.
        generator: What made its structure.
        structure_id: The structure.
        temperatures_K: Range of the thermostat's temperature.
        query: Further terms in ASE's language.
    """

    elements: tuple[str, ...] = ()
    generator: str | None = None
    structure_id: str | None = None
    temperatures_K: tuple[float, float] | None = None
    query: str = ""

    @property
    def selection(self) -> str:
        """The query in ASE's language.

        Example:
            >>> Filters(elements=("Cu",), temperatures_K=(300.0, 600.0)).selection
            'Cu,temperature_K>=300,temperature_K<=600'
        """
        terms = list(self.elements)
        if self.generator is not None:
            terms.append(f"generator={self.generator}")
        if self.structure_id is not None:
            terms.append(f"structure_id={self.structure_id}")
        if self.temperatures_K is not None:
            low_K, high_K = self.temperatures_K
            terms += [f"temperature_K>={low_K:.10g}", f"temperature_K<={high_K:.10g}"]
        return ",".join([*terms, *([self.query.strip()] if self.query.strip() else [])])


def dataset_view(files: RunFiles, report: RunReport) -> None:
    """Draw the dataset."""
    database = files.database
    if database is None:
        empty("database", "No dataset yet", "It is stored when frames have been selected.")
        return
    filters = _filters(report)
    try:
        n_rows = database.count(filters.selection)
        rows = list(islice(database.rows(filters.selection), MOST_ROWS))
    except StorageError as error:
        st.error(str(error), icon=":material/error:")
        return
    _downloads(files, database, filters, n_rows, report)
    if not rows:
        empty("filter_alt", "No frame fits the filters", "Loosen them to see some.")
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        row = _table(rows, filters, n_rows)
    with right:
        show_atoms(frame_of(row), f"{report.name}-{row.id}", key=f"dataset.{row.id}")


def _filters(report: RunReport) -> Filters:
    """Draw the filters."""
    courses = report.courses
    temperatures_K = [value for course in courses for value in course.thermostat_K]
    low_K, high_K = (min(temperatures_K), max(temperatures_K)) if temperatures_K else (0.0, 0.0)
    generators = sorted({entry.generator for entry in report.structures if entry.generator})
    elements, generator, structure, temperature, query = st.columns([2, 1, 2, 2, 2])
    wanted = elements.multiselect("Contains", report.card.elements, placeholder="any element")
    made_by = generator.selectbox("Generator", generators, index=None, placeholder="any")
    name = structure.selectbox(
        "Structure",
        [entry.structure_id for entry in report.structures if entry.n_selected],
        index=None,
        placeholder="any",
    )
    chosen = None
    if low_K < high_K:
        bounds = temperature.slider("Thermostat (K)", low_K, high_K, (low_K, high_K), format="%.0f")
        chosen = None if bounds == (low_K, high_K) else bounds
    written = query.text_input(
        "Further query",
        placeholder="Au>4,step>=100",
        help="In ASE's language: keys such as step, energy_mlip_eV, quality, and numbers of atoms.",
    )
    return Filters(tuple(wanted), made_by, name, chosen, written)


def _downloads(
    files: RunFiles, database: AseDBWrapper, filters: Filters, n_rows: int, report: RunReport
) -> None:
    """Draw what can be downloaded."""
    name, selection = report.name, filters.selection
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{count(n_rows, 'frame')}**", width="content")
        st.download_button(
            "Database (.db)",
            lambda: opened(files.root.below(files.database_path)),
            file_name=f"{name}.db",
            mime="application/vnd.sqlite3",
            icon=":material/database:",
            on_click="ignore",
            help="The whole dataset as an ASE database, whatever the filters say.",
        )
        st.download_button(
            "These frames (.xyz)",
            lambda: as_extxyz(database, selection),
            file_name=f"{name}.xyz",
            mime="chemical/x-xyz",
            icon=":material/download:",
            on_click="ignore",
            disabled=n_rows == 0,
            help="The frames that fit the filters, as extended XYZ.",
        )
        st.download_button(
            "Training files (.zip)",
            lambda: as_training_files(database, selection, files.runner.config.seed),
            file_name=f"{name}-training.zip",
            mime="application/zip",
            icon=":material/folder_zip:",
            on_click="ignore",
            disabled=n_rows == 0,
            help="Training, validation and test frames, split by trajectory, with the keys that "
            "MACE and SevenNet look for.",
        )


def _table(rows: list[AtomsRow], filters: Filters, n_rows: int) -> AtomsRow:
    """Draw the rows; return the chosen one."""
    table = pd.DataFrame([_shown(row) for row in rows])
    event = st.dataframe(
        table,
        hide_index=True,
        height=520,
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [0]}},
        key=f"dataset.table.{filters.selection}",
        column_config={
            "energy (eV/atom)": st.column_config.NumberColumn(format="%.4f"),
            "largest force (eV/Å)": st.column_config.NumberColumn(format="%.2f"),
            "thermostat (K)": st.column_config.NumberColumn(format="%.0f"),
        },
    )
    if n_rows > len(rows):
        st.caption(f"The first {len(rows):,} of {n_rows:,} frames are listed.")
    return rows[(event["selection"]["rows"] or [0])[0]]


def _shown(row: AtomsRow) -> dict[str, object]:
    """Return a row of the table."""
    return {
        "id": row.id,
        "formula": subscripts(row.formula),
        "structure": row.get("structure_id"),
        "step": row.get("step"),
        "thermostat (K)": row.get("temperature_K"),
        "energy (eV/atom)": row.energy / row.natoms if "energy" in row else None,
        "largest force (eV/Å)": row.fmax if "forces" in row else None,
        "quality": row.get("quality"),
    }
