"""Config of the ionic crystals."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mlip_autopipec.config.base import Count, Element, Number, Positive, Section
from mlip_autopipec.config.generation.base import Composition, CrystalBaseConfig


def _as_composition(value: Any) -> Any:  # noqa: ANN401 - a validator sees whatever the file holds
    """Write a single element as a composition."""
    return {value: 1.0} if isinstance(value, str) else value


Species = Annotated[Composition, BeforeValidator(_as_composition)]
Prototypes = Literal[
    "rocksalt",
    "cesiumchloride",
    "zincblende",
    "wurtzite",
    "fluorite",
    "antifluorite",
    "rutile",
    "perovskite",
    "spinel",
    "corundum",
]
_WITH_TWO_CATIONS = {"perovskite", "spinel"}


class IonicCrystalConfig(Section):
    """A prototype of ionic crystals and the ions on its sites."""

    kind: Literal["ionic"] = "ionic"
    prototype: Prototypes = Field(description="Structure type.")
    species: dict[Literal["A", "B", "X"], Species] = Field(
        description="What sits on the sites of the cations A (and B of perovskite and spinel) and "
        "of the anion X: an element, or fractions such as {Mg: 0.75, Fe: 0.25}."
    )
    charges: dict[Element, Number] = Field(
        default_factory=dict,
        description="Oxidation states; those not given are guessed, so that the sum is zero.",
    )
    lattice_constant_A: Positive | None = Field(
        None, description="Lattice constant a in Å; from ionic radii if absent."
    )
    c_over_a: Annotated[Positive, Field(ge=0.3, le=4.0)] | None = Field(
        None, description="Ratio c/a of wurtzite, rutile and corundum; the usual one if absent."
    )

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        roles = {"A", "B", "X"} if self.prototype in _WITH_TWO_CATIONS else {"A", "X"}
        if set(self.species) != roles:
            message = f"species of {self.prototype} should name {', '.join(sorted(roles))}"
            raise ValueError(message)
        if self.c_over_a is not None and self.prototype not in {"wurtzite", "rutile", "corundum"}:
            message = f"c_over_a has no meaning for {self.prototype}, which is cubic"
            raise ValueError(message)
        return self


class SchottkyConfig(Section):
    """Vacancies of all ions in the proportion of the formula."""

    kind: Literal["schottky"] = "schottky"
    count: Count = Field(1, description="Number of formula units that are missing.")


class FrenkelConfig(Section):
    """Ions that left their sites for voids."""

    kind: Literal["frenkel"] = "frenkel"
    element: Element = Field(description="Element of the ions.")
    count: Count = Field(1, description="Number of ions.")


class DopantConfig(Section):
    """Foreign ions, with the vacancies that compensate their charge."""

    kind: Literal["dopant"] = "dopant"
    element: Element = Field(description="Element of the foreign ions.")
    on: Element = Field(description="Element that they replace.")
    count: Count = Field(1, description="Number of foreign ions.")


DefectConfig = Annotated[SchottkyConfig | FrenkelConfig | DopantConfig, Field(discriminator="kind")]


class IonicConfig(IonicCrystalConfig, CrystalBaseConfig):
    """Supercells of ionic crystals, neutral, with compensated defects."""

    n_structures: Count = Field(1, description="Number of structures to make.")
    defects: tuple[DefectConfig, ...] = Field((), description="Defects, made in this order.")
