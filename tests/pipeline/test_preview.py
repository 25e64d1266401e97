from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk, fcc111, molecule
from matplotlib.image import imread

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.pipeline.preview import described, preview, sheet, write_sheet

ALLOY = {"kind": "alloy", "lattice": "fcc", "composition": {"Cu": 0.5, "Au": 0.5}}
SALT = {"kind": "ionic", "prototype": "rocksalt", "species": {"A": "Na", "X": "Cl"}}


def config(*generation: dict[str, object]) -> PipelineConfig:
    document = {
        "name": "shown",
        "generation": generation,
        "exploration": {"calculator": {"kind": "emt"}},
    }
    return PipelineConfig.model_validate(document)


def test_generators_share_the_sheet() -> None:
    shown = preview(config(ALLOY | {"n_structures": 40}, SALT, ALLOY | {"n_structures": 2}), 7)
    assert shown.n_structures == 43
    ids = [atoms.info["structure_id"] for atoms in shown.structures]
    assert ids == [
        *("alloy-0000", "alloy-0001", "alloy-0002", "alloy-0003"),
        *("ionic-0000", "alloy_2-0000", "alloy_2-0001"),
    ]
    assert set(shown.parents) == {"Fm-3m (225)"}


def test_the_sheet_names_what_it_shows(tmp_path: Path) -> None:
    shown = preview(config(ALLOY | {"n_structures": 4}, SALT), 3)
    texts = [text.get_text() for text in sheet(shown).texts]
    assert texts[:2] == ["shown", "3 of 5 structures"]
    assert "alloy-0001" in texts
    assert "Au$_{16}$Cu$_{16}$   32 atoms" in texts
    assert texts[-1].endswith(r" g/cm³   $\mathrm{Fm\bar{3}m}$")
    path = tmp_path / "sheet.png"
    write_sheet(shown, path)
    pixels = imread(path)
    assert pixels.shape[0] > 600
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) > 1000  # balls of four elements, shaded


@pytest.mark.parametrize(
    ("atoms", "parent", "text"),
    [
        (bulk("Cu"), None, "8.97 g/cm³   $\\mathrm{Fm\\bar{3}m}$"),
        (bulk("Cu"), "Fm-3m (225)", "8.97 g/cm³   $\\mathrm{Fm\\bar{3}m}$"),
        (
            bulk("Cu"),
            "Im-3m (229)",
            "8.97 g/cm³   $\\mathrm{Fm\\bar{3}m}$, from $\\mathrm{Im\\bar{3}m}$",
        ),
        (molecule("H2O", vacuum=5.0), None, "cluster   10.0 × 11.5 × 10.6 Å"),
        (molecule("H2O"), None, "cluster"),
        (fcc111("Cu", (1, 1, 3), vacuum=5.0, periodic=True), None, "slab   2.6 × 2.6 × 14.2 Å"),
    ],
)
def test_structures_are_described(atoms: object, parent: str | None, text: str) -> None:
    assert described(atoms, parent) == text  # type: ignore[arg-type]
