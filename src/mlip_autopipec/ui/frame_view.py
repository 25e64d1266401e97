"""One frame: its figures, the atoms, and the frame as a file."""

import io

import streamlit as st
from ase import Atoms

from mlip_autopipec.reporting.wording import subscripts
from mlip_autopipec.structures.extxyz import write_frame
from mlip_autopipec.ui.run_files import RunFiles

_FIGURES = {
    "step": ("step", "{:,}"),
    "temperature_K": ("thermostat", "{:.0f} K"),
    "pressure_GPa": ("pressure", "{:.2f} GPa"),
    "energy_mlip_eV": ("energy", "{:.3f} eV"),
    "energy_zbl_eV": ("ZBL energy", "{:.3f} eV"),
}


def show_frame(files: RunFiles, structure_id: str, place: int, *, key: str) -> None:
    """Draw a frame of a trajectory."""
    frame = files.frame(structure_id, place)
    if frame is None:
        st.info(f"{structure_id} has no frame {place}.")
        return
    show_atoms(frame, f"{structure_id}-{place}", key=f"{key}.{structure_id}.{place}")


def show_atoms(frame: Atoms, name: str, *, key: str) -> None:
    """Draw a frame that has been read."""
    from mlip_autopipec.ui.viewer import show_structures  # noqa: PLC0415 - chemiscope takes a second

    parts = [f"**{name}**", subscripts(frame.get_chemical_formula("metal"))]
    for quantity, (title, form) in _FIGURES.items():
        value = frame.info.get(quantity)
        if isinstance(value, int | float):
            parts.append(f"{title} {form.format(value)}")
    if frame.info.get("quality") not in (None, "ok"):
        parts.append(f":orange-badge[{frame.info['quality']}]")
    st.markdown(" · ".join(parts))
    show_structures([frame], key=key)
    st.download_button(
        "This frame (extxyz)",
        lambda: _text(frame),
        file_name=f"{name}.xyz",
        mime="chemical/x-xyz",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}.download",
    )


def _text(frame: Atoms) -> str:
    """Return a frame as extended XYZ."""
    text = io.StringIO()
    write_frame(text, frame)
    return text.getvalue()
