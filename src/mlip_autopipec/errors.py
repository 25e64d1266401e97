"""The one family of exceptions of MLIP-AutoPipe."""

from collections.abc import Sequence


class AutoPipeError(Exception):
    """Base of every error that this package raises on purpose."""


class ConfigError(AutoPipeError):
    """The config is invalid.

    Attributes:
        faults: One line a fault: the field's path, what was given, what is allowed.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep the faults; the message is one line each."""
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[tuple[str, ...]]]:
        """Rebuild from the faults, so that the error crosses process boundaries."""
        return (type(self), (self.faults,))


class GenerationError(AutoPipeError):
    """A generator could not make what was asked for."""


class CalculatorError(AutoPipeError):
    """A calculator cannot be built: package, model file or element is missing."""


class ExplorationError(AutoPipeError):
    """An exploration cannot begin or go on."""


class SamplingError(AutoPipeError):
    """Sampling cannot choose what was asked for."""


class StorageError(AutoPipeError):
    """The database cannot be read or written."""


class RunDirectoryError(AutoPipeError):
    """The run directory cannot be used."""


class OrchestrationError(AutoPipeError):
    """The Prefect server, or the Dask cluster, cannot be used."""
