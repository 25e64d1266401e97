"""Config of the transforms that follow a generator."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mlip_autopipec.config.base import Count, Element, NonNegative, Number, Positive, Section

Repeats = tuple[Count, Count, Count]
Strain = Annotated[Number, Field(ge=-0.3, le=0.5)]


class StrainConfig(Section):
    """A homogeneous strain of cell and atoms."""

    kind: Literal["strain"] = "strain"
    mode: Literal["general", "hydrostatic", "uniaxial", "shear"] = Field(
        "general",
        description="All six components; all lengths alike; one Cartesian axis; one pair of axes.",
    )
    max_strain: Annotated[Positive, Field(le=0.3)] = Field(
        0.05, description="Largest magnitude of each strain component (dimensionless)."
    )
    amplitudes: Annotated[tuple[Strain, ...], Field(min_length=1)] | None = Field(
        None,
        description="Strains that the structures go through in turn, as for an equation of state, "
        "instead of drawing one; not with mode general.",
    )

    @model_validator(mode="after")
    def _one_amplitude(self) -> Self:
        if self.amplitudes is not None and self.mode == "general":
            message = "amplitudes need a mode of one component: hydrostatic, uniaxial or shear"
            raise ValueError(message)
        return self


class RattleConfig(Section):
    """Gaussian displacements of all atoms."""

    kind: Literal["rattle"] = "rattle"
    stdev_A: Annotated[NonNegative, Field(le=2.0)] = Field(
        0.05, description="Standard deviation of each displacement component, in Å."
    )
    min_distance_scale: Annotated[Positive, Field(le=1.0)] | None = Field(
        None,
        description="Draw a displacement again when it brings two atoms closer than this fraction "
        "of the sum of their covalent radii.",
    )


class SupercellConfig(Section):
    """A repetition of the cell."""

    kind: Literal["supercell"] = "supercell"
    repeats: Repeats | None = Field(None, description="Repeats along a, b and c.")
    n_atoms: Annotated[Count, Field(le=10_000)] | None = Field(
        None,
        description="Largest number of atoms; of the supercells that have at least three quarters "
        "of it, the most cubic is taken.",
    )

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if (self.repeats is None) == (self.n_atoms is None):
            message = "should have either repeats or n_atoms"
            raise ValueError(message)
        return self


class AmountConfig(Section):
    """A number of atoms, or the fraction of those in question."""

    count: Count | None = Field(None, description="Number of atoms.")
    fraction: Annotated[Positive, Field(le=1.0)] | None = Field(
        None, description="Fraction of the atoms in question, rounded to a whole number of them."
    )

    @model_validator(mode="after")
    def _one_amount(self) -> Self:
        if (self.count is None) == (self.fraction is None):
            message = "should have either count or fraction"
            raise ValueError(message)
        return self


class VacanciesConfig(AmountConfig):
    """Atoms left out at random."""

    kind: Literal["vacancies"] = "vacancies"
    element: Element | None = Field(None, description="Only atoms of this element.")


class SubstitutionConfig(AmountConfig):
    """Atoms of one element replaced by another, at random."""

    kind: Literal["substitution"] = "substitution"
    element: Element = Field(description="Element that is replaced.")
    by: Element = Field(description="Element that takes its place.")


class AntisitesConfig(Section):
    """Atoms of two elements that change places, at random."""

    kind: Literal["antisites"] = "antisites"
    elements: tuple[Element, Element] = Field(description="The two elements.")
    count: Count = Field(1, description="Number of pairs that change places.")

    @model_validator(mode="after")
    def _two_elements(self) -> Self:
        if self.elements[0] == self.elements[1]:
            message = "should name two different elements"
            raise ValueError(message)
        return self


class InterstitialsConfig(Section):
    """Atoms put into the widest voids, at random."""

    kind: Literal["interstitials"] = "interstitials"
    element: Element = Field(description="Element of the interstitial atoms.")
    count: Count = Field(1, description="Number of interstitial atoms.")


class AdsorbateConfig(Section):
    """Atoms or molecules put on the upper surface of a slab."""

    kind: Literal["adsorbate"] = "adsorbate"
    species: str = Field(
        min_length=1, description="An element, or a molecule that ASE knows: H, CO, CH3OH."
    )
    site: Literal["random", "top", "bridge", "hollow"] = Field(
        "random",
        description="Above any point of the surface, a surface atom, the middle of two, or the "
        "centre of three or four; which one is drawn.",
    )
    height_A: Annotated[Positive, Field(le=20.0)] = Field(
        2.0, description="Height of the lowest adsorbed atom above the topmost of the slab, in Å."
    )
    count: Count = Field(1, description="Number of atoms or molecules, each on a site of its own.")
    rotate: bool = Field(True, description="Turn each molecule at random.")


class ClosePairConfig(Section):
    """One pair of bonded atoms pushed together, its surroundings following softly."""

    kind: Literal["close_pair"] = "close_pair"
    min_scale: Annotated[Positive, Field(le=1.0)] = Field(
        0.65,
        description="Shortest distance drawn, as a fraction of the pair's sum of covalent radii; "
        "what the pair scan and the guards allow, where that is more. The longest is the distance "
        "at which the two are.",
    )
    softness_A: Annotated[Positive, Field(le=10.0)] = Field(
        1.5, description="Distance over which the displacement of the surroundings fades, in Å."
    )


TransformConfig = Annotated[
    StrainConfig
    | RattleConfig
    | SupercellConfig
    | VacanciesConfig
    | SubstitutionConfig
    | AntisitesConfig
    | InterstitialsConfig
    | AdsorbateConfig
    | ClosePairConfig,
    Field(discriminator="kind"),
]
