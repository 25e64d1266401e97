"""Config of the checks that every structure passes before it leaves its generator."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mlip_autopipec.config.base import Fraction, NonNegative, Positive, Section

Bounds = tuple[NonNegative, Positive]


class ChecksConfig(Section):
    """What a structure has to pass, besides the shortest distance."""

    packing: Bounds = Field(
        (0.02, 3.0),
        description="Least and largest volume of the atoms (spheres of their covalent radii) as a "
        "fraction of the cell; the least is not asked of slabs, clusters and molecules.",
    )
    density_g_cm3: Bounds | None = Field(
        None, description="Least and largest density in g/cm³; not limited if absent."
    )
    min_cell_openness: Fraction = Field(
        0.05,
        description="The volume of the cell, as a fraction of what its vectors would span at right "
        "angles, has to be larger.",
    )
    max_cell_elongation: Annotated[Positive, Field(ge=1.0)] = Field(
        25.0, description="Largest ratio of two cell vectors, those through vacuum left out."
    )
    neutral: bool = Field(
        True, description="Refuse what its oxidation states, where they are known, leave charged."
    )
    duplicates: Literal["refuse", "allow"] = Field(
        "refuse",
        description="What to do with a structure that one before it equals, whatever the order of "
        "its atoms, its place, orientation and cell.",
    )
    duplicate_tolerance: Annotated[Fraction, Field(le=0.1)] = Field(
        1e-4,
        description="Largest difference of two fingerprints that counts as equal; 0.0001 is a "
        "random displacement of all atoms by about 0.0003 Å.",
    )

    @model_validator(mode="after")
    def _rising(self) -> Self:
        for name in ("packing", "density_g_cm3"):
            bounds = getattr(self, name)
            if bounds is not None and bounds[0] >= bounds[1]:
                message = f"{name} {list(bounds)} should rise"
                raise ValueError(message)
        return self
