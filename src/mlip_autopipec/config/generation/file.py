"""Config of the structures that are read from files."""

from typing import Literal

from pydantic import Field

from mlip_autopipec.config.base import Section
from mlip_autopipec.config.generation.base import CrystalBaseConfig


class FileCrystalConfig(Section):
    """Structures from the user's own files."""

    kind: Literal["file"] = "file"
    path: str = Field(
        min_length=1,
        description="A file that ASE reads (CIF, POSCAR, extxyz, …), a glob such as 'cifs/*.cif', "
        "or a folder, of which all files are read; from the folder in which the run is started.",
    )
    index: str = Field(
        ":",
        pattern=r"^-?\d+$|^(-?\d+)?:(-?\d+)?(:(-?[1-9]\d*)?)?$",
        description="Frames to take of each file: a number, or a slice such as '::10'.",
    )
    select: str | None = Field(
        None, min_length=1, description="Selection of an ASE database, for instance 'Cu>2,id<50'."
    )
    skip_broken: bool = Field(
        False, description="Leave out files that cannot be read, instead of stopping."
    )


class FileConfig(FileCrystalConfig, CrystalBaseConfig):
    """Supercells of the structures in files; each is taken once unless n_structures says more."""
