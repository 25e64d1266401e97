"""A mapping whose names are the user's, such as a composition, edited as a table of two columns."""

from typing import Any

import pandas as pd
import streamlit as st

from mlip_autopipec.config.base import Element
from mlip_autopipec.ui.schema import Scalar, Table

_ROW_PX = 35
_CHROME_PX = 38


def edit_table(node: Table, value: dict[str, Any], unit: str, key: str) -> dict[str, Any]:
    """Draw the table and return the mapping; a row without a name or a value counts for nothing."""
    name = "Element" if node.key.type == Element else "Name"
    is_number = isinstance(node.value, Scalar) and node.value.kind in {"int", "float"}
    other = f"Value ({unit})" if unit else "Fraction" if name == "Element" else "Value"
    frame = pd.DataFrame(
        {
            name: pd.Series(list(value), dtype="str"),
            other: pd.Series(list(value.values()), dtype="float64" if is_number else "str"),
        }
    )
    number = st.column_config.NumberColumn(other, format="%.6g")
    edited = st.data_editor(
        frame,
        key=key,
        num_rows="dynamic",
        hide_index=True,
        width=360,
        height=_CHROME_PX + _ROW_PX * (len(frame) + 1),
        row_height=_ROW_PX,
        column_config={other: number} if is_number else None,
    )
    rows = edited.dropna()
    return {str(k): v for k, v in zip(rows[name], rows[other].tolist(), strict=True) if str(k)}
