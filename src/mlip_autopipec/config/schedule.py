"""A quantity over the course of an exploration: a number, a ramp, or piecewise linear points."""

from itertools import pairwise
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from mlip_autopipec.config.base import Fraction, NonNegative, Number, Section


class Schedule(Section):
    """A piecewise linear course between ``start`` and ``end``.

    Attributes:
        start: Value at the first step.
        end: Value at the last step.
        points: Interior ``(fraction of the steps, value)`` pairs, in rising order.
    """

    start: Number = Field(description="Value at the first step.")
    end: Number = Field(description="Value at the last step.")
    points: tuple[tuple[Fraction, Number], ...] = Field(
        (), description="Values in between, as [fraction of the steps, value] in rising order."
    )

    @model_validator(mode="after")
    def _rising(self) -> Self:
        fractions = [0.0, *(fraction for fraction, _ in self.points), 1.0]
        if any(later <= earlier for earlier, later in pairwise(fractions)):
            message = "points should rise strictly between 0 and 1"
            raise ValueError(message)
        return self

    def at(self, fraction: float) -> float:
        """Return the value at a fraction (0 to 1) of the steps."""
        fractions = [0.0, *(point[0] for point in self.points), 1.0]
        values = [self.start, *(point[1] for point in self.points), self.end]
        return float(np.interp(fraction, fractions, values))

    @property
    def largest(self) -> float:
        """The highest value on the way."""
        return max(self.start, self.end, *(value for _, value in self.points))


class TemperatureSchedule(Schedule):
    """A course of temperatures in K."""

    start: Annotated[NonNegative, Field(le=100_000)]
    end: Annotated[NonNegative, Field(le=100_000)]
    points: tuple[tuple[Fraction, Annotated[NonNegative, Field(le=100_000)]], ...] = ()


class PressureSchedule(Schedule):
    """A course of pressures in GPa."""

    start: Annotated[Number, Field(ge=-100, le=10_000)]
    end: Annotated[Number, Field(ge=-100, le=10_000)]
    points: tuple[tuple[Fraction, Annotated[Number, Field(ge=-100, le=10_000)]], ...] = ()


def _as_list(value: Any) -> Any:  # noqa: ANN401 - a validator sees whatever the file holds
    """Write a number, or one course, as a list of courses."""
    if isinstance(value, list | tuple):
        return [_as_course(item) for item in value]
    return [_as_course(value)]


def _as_course(value: Any) -> Any:  # noqa: ANN401 - a validator sees whatever the file holds
    """Write a number as a course that stays where it is."""
    if isinstance(value, dict | Schedule):
        return value
    return {"start": value, "end": value}


Temperatures = Annotated[
    tuple[TemperatureSchedule, ...], BeforeValidator(_as_list), Field(min_length=1)
]
Pressures = Annotated[tuple[PressureSchedule, ...], BeforeValidator(_as_list), Field(min_length=1)]
