"""What the views compute before they draw."""

import io
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from mlip_autopipec.structures.extxyz import read_frames
from mlip_autopipec.ui.confinement import RootFolder
from mlip_autopipec.ui.dataset_view import Filters
from mlip_autopipec.ui.map_view import MapPoints
from mlip_autopipec.ui.run_files import RunFiles, as_extxyz, as_training_files

MAP = {
    "frames": list(range(0, 10_000, 2)),
    "coordinates": [[float(i), 0.0] for i in range(5000)],
    "chosen": [0, 1, 2],
    "chosen_coordinates": [[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]],
}


def test_maps_are_thinned_and_keep_every_selected_frame() -> None:
    points = MapPoints.of(MAP, most=1000)
    assert points is not None
    assert len(points.frames) <= 1000
    assert len(set(points.frames)) == len(points.frames) == len(points.coordinates)
    selected = [
        f for f, is_selected in zip(points.frames, points.selected, strict=True) if is_selected
    ]
    assert selected == [0, 1, 2]
    assert points.selected[-3:] == [True] * 3
    assert MapPoints.of({}) is None


def test_filters_become_a_query_of_ase(finished_root: Path) -> None:
    files = RunFiles(RootFolder(finished_root), finished_root / "runs" / "small")
    database = files.database
    assert database is not None
    everything = list(database.frames(Filters().selection))
    filters = Filters(("Cu", "Au"), "alloy", "alloy-0001", (300.0, 600.0), "step>=4")
    wanted = [
        frame
        for frame in everything
        if frame.info["structure_id"] == "alloy-0001"
        and 300.0 <= frame.info["temperature_K"] <= 600.0
        and frame.info["step"] >= 4
    ]
    assert 0 < len(wanted) < len(everything)
    assert database.count(filters.selection) == len(wanted)
    exported = read(
        io.StringIO(as_extxyz(database, filters.selection).decode()), ":", format="extxyz"
    )
    assert len(exported) == len(wanted)
    np.testing.assert_allclose(exported[0].positions, wanted[0].positions, atol=1e-8)  # 8 decimals
    assert exported[0].get_potential_energy() == pytest.approx(wanted[0].get_potential_energy())
    assert as_training_files(database, "", 1)[:2] == b"PK"


def test_any_frame_is_read_alone(finished_root: Path) -> None:
    files = RunFiles(RootFolder(finished_root), finished_root / "runs" / "small")
    path = files.trajectory("alloy-0001")
    assert path is not None
    for place, expected in enumerate(read_frames(path)):
        frame = files.frame("alloy-0001", place)
        assert frame is not None
        assert frame == expected
    assert files.frame("alloy-0001", files.n_frames("alloy-0001")) is None
    assert files.frame("unknown", 0) is None
