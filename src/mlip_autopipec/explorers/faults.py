"""What can go wrong on the way."""

from mlip_autopipec.errors import ExplorationError


class TrajectoryFault(ExplorationError):  # noqa: N818 - a fault is recovered from
    """The trajectory left what can be trusted: it is rolled back, or given up."""


class CalculatorFault(TrajectoryFault):
    """The calculator raised an exception."""
