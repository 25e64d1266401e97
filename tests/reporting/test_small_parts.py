"""Logs, licences, courses in words, intervals."""

from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.calculator import MACEConfig, SevenNetConfig
from mlip_autopipec.reporting.asked import asked
from mlip_autopipec.reporting.figures.monte_carlo import wilson_interval
from mlip_autopipec.reporting.licences import UNKNOWN, weights_licence
from mlip_autopipec.reporting.log_tail import log_tail
from mlip_autopipec.reporting.selection import FrameOrigins
from mlip_autopipec.reporting.sparkline import HEIGHT, MAX_POINTS, WIDTH, sparkline


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"line {n}\n" for n in range(100_000)), encoding="utf-8")
    assert log_tail(log, 3) == ("line 99997", "line 99998", "line 99999")
    whole = log_tail(log, 10**6)
    assert whole[0] != "line 0"
    assert all(line.startswith("line ") for line in whole)  # no torn one


def test_a_log_of_bytes_and_colours_becomes_plain_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\x1b[1;31mred\x1b[0m\n\n\xff\x00end\r\n" + b"x" * 1000)
    assert log_tail(log) == ("red", "\N{REPLACEMENT CHARACTER}end", "x" * 300)
    assert log_tail(tmp_path / "none") == ()


def test_licences_are_stated_where_they_are_known(tmp_path: Path) -> None:
    model = tmp_path / "my.model"
    model.touch()
    assert weights_licence(SevenNetConfig()).startswith("MIT License, as the package sevenn")
    assert weights_licence(SevenNetConfig(model=str(model))) == UNKNOWN
    assert weights_licence(MACEConfig(model=str(model))) == UNKNOWN
    assert weights_licence(MACEConfig(model="mace-mp:medium-mpa-0")) == "MIT"


def test_what_was_asked_is_said_in_words(tmp_path: Path) -> None:
    config = PipelineConfig.model_validate(
        {
            "name": "x",
            "generation": [{"kind": "file", "path": str(tmp_path / "gone.xyz")}],
            "exploration": {
                "calculator": {"kind": "emt"},
                "temperature_K": [{"start": 300, "end": 900, "points": [[0.5, 100]]}, 0],
                "pressure_GPa": 0.0,
            },
        }
    )
    rows = dict(asked(config).rows)
    assert rows["file"] == "file generator"  # its input is gone
    assert rows["temperature"] == "300 → 100 → 900; 0 K"
    assert rows["pressure"] == "0 GPa"
    assert rows["Monte Carlo"] == "none"


@pytest.mark.parametrize(
    ("accepted", "attempted", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)],
)
def test_intervals_are_those_of_the_literature(
    accepted: int, attempted: int, low: float, high: float
) -> None:
    """Newcombe 1998 (doi:10.1002/(SICI)1097-0258(19980430)17:8<857), table I, method 3."""
    assert wilson_interval(accepted, attempted) == pytest.approx((low, high), abs=1e-4)


def test_a_line_stays_within_its_box() -> None:
    values = [(-1.0) ** n * n for n in range(1000)]
    points = [tuple(map(float, point.split(","))) for point in sparkline(values).split()]
    assert len(points) <= MAX_POINTS
    assert all(0.0 <= x <= WIDTH and 0.0 <= y <= HEIGHT for x, y in points)
    assert sparkline([1.0, 1.0]).count(",") == 2
    assert sparkline([1.0]) == ""


def test_frames_beyond_the_trajectories_have_no_origin() -> None:
    origins = FrameOrigins(None)
    assert origins.of(0) is None
    assert origins.counts([1, 2]) == {}
