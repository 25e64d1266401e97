"""Courses of temperature and pressure, and how lists are spread over structures."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.schedule import TemperatureSchedule

EXAMPLE = Path(__file__).parents[2] / "examples" / "cu-au.yaml"


def test_course_is_piecewise_linear() -> None:
    course = TemperatureSchedule(start=300, end=600, points=((0.25, 1200.0), (0.5, 0.0)))
    assert [course.at(x) for x in (0, 0.125, 0.25, 0.5, 0.75, 1)] == [300, 750, 1200, 0, 300, 600]
    assert course.largest == 1200


def test_points_out_of_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="rise strictly"):
        TemperatureSchedule(start=1, end=1, points=((0.5, 1.0), (0.5, 2.0)))


def test_number_is_a_constant_course() -> None:
    exploration = PipelineConfig.from_yaml(EXAMPLE, ("exploration.temperature_K=0",)).exploration
    temperature, _ = exploration.schedules_for(3)
    assert [temperature.at(x) for x in (0, 0.5, 1)] == [0, 0, 0]


def test_lists_cover_the_grid_of_temperatures_and_pressures() -> None:
    overrides = ("exploration.temperature_K=[300, 600, 900]", "exploration.pressure_GPa=[0, 10]")
    exploration = PipelineConfig.from_yaml(EXAMPLE, overrides).exploration
    grid = [tuple(s.start for s in exploration.schedules_for(i)) for i in range(6)]
    assert sorted(grid) == sorted((t, p) for t in (300, 600, 900) for p in (0, 10))
    assert exploration.schedules_for(6) == exploration.schedules_for(0)
