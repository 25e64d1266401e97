"""The base class of calculators that other packages add."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from ase.calculators.calculator import Calculator

from mlip_autopipec.config.calculator import CalculatorBaseConfig


class BaseCalculatorPlugin(ABC):
    """Builds the ASE calculator of a kind; it is never instantiated.

    Other packages add kinds by an entry point of the group ``mlip_autopipec.calculators``, whose
    name is the ``kind`` in the config file. Such a class says by ``config_class`` what its section
    of the config may hold: a model that derives from
    `mlip_autopipec.config.calculator.CalculatorBaseConfig`, with the field
    ``kind: Literal["its name"] = "its name"``. Heavy imports belong into `build`.

    Attributes:
        config_class: The config of the plug-in.
    """

    config_class: ClassVar[type[CalculatorBaseConfig]]

    @classmethod
    @abstractmethod
    def build(cls, config: Any) -> Calculator:  # noqa: ANN401 - of the plug-in's own class
        """Return the calculator: energy and forces, and stress where NPT is to be possible.

        Raises:
            CalculatorError: Something is missing; the message says what to do.
        """

    @classmethod
    def elements(cls, config: Any) -> frozenset[str] | None:  # noqa: ANN401, ARG003 - as above
        """Return the elements that the calculator knows; None: all."""
        return None

    @classmethod
    def model_file(cls, config: Any) -> Path | None:  # noqa: ANN401, ARG003 - as above
        """Return the file whose SHA-256 belongs to the provenance; None: there is none."""
        return None
