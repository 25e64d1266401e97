"""What all config sections share: strictness, and the field types with their bounds."""

from difflib import get_close_matches
from typing import Annotated, Any

from ase.data import chemical_symbols
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

ELEMENTS = frozenset(chemical_symbols[1:])


class Section(BaseModel):
    """Base of every config model: unknown keys are refused and values never change."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True
    )


def _refuse_bool(value: Any) -> Any:  # noqa: ANN401 - a validator sees whatever the file holds
    """Refuse YAML's yes and no where a number is meant."""
    if isinstance(value, bool):
        message = "should be a number, not true or false"
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueError only
    return value


def _known_element(symbol: str) -> str:
    """Refuse what is no chemical symbol."""
    if symbol not in ELEMENTS:
        near = get_close_matches(symbol, ELEMENTS, n=1, cutoff=0.1) or ["Cu"]
        message = f"is not a chemical element; use a symbol such as {near[0]!r}"
        raise ValueError(message)
    return symbol


def _file_name(name: str) -> str:
    """Refuse a name that could leave its folder."""
    if name in {"", ".", ".."} or "/" in name or "\\" in name or "\x00" in name:
        message = "should be a plain file name, without a folder"
        raise ValueError(message)
    return name


Number = Annotated[float, BeforeValidator(_refuse_bool)]
Positive = Annotated[Number, Field(gt=0)]
NonNegative = Annotated[Number, Field(ge=0)]
Fraction = Annotated[Number, Field(ge=0, le=1)]
Integer = Annotated[int, Field(strict=True)]
Count = Annotated[Integer, Field(ge=1)]
NonNegativeCount = Annotated[Integer, Field(ge=0)]
Element = Annotated[str, AfterValidator(_known_element)]
FileName = Annotated[str, AfterValidator(_file_name)]
