"""Config of the generators, one kind a file, and of the transforms that follow them."""

from typing import Annotated

from pydantic import Field

from mlip_autopipec.config.generation.alloy import AlloyConfig, AlloyCrystalConfig
from mlip_autopipec.config.generation.base import GeneratorBaseConfig
from mlip_autopipec.config.generation.checks import ChecksConfig
from mlip_autopipec.config.generation.cluster import ClusterConfig
from mlip_autopipec.config.generation.file import FileConfig, FileCrystalConfig
from mlip_autopipec.config.generation.ionic import IonicConfig, IonicCrystalConfig
from mlip_autopipec.config.generation.molecule import MoleculeConfig
from mlip_autopipec.config.generation.slab import CrystalConfig, SlabConfig
from mlip_autopipec.config.generation.transforms import (
    AntisitesConfig,
    ClosePairConfig,
    InterstitialsConfig,
    RattleConfig,
    StrainConfig,
    SubstitutionConfig,
    SupercellConfig,
    TransformConfig,
    VacanciesConfig,
)

GeneratorConfig = Annotated[
    AlloyConfig | IonicConfig | FileConfig | SlabConfig | ClusterConfig | MoleculeConfig,
    Field(discriminator="kind"),
]

__all__ = [
    "AlloyConfig",
    "AlloyCrystalConfig",
    "AntisitesConfig",
    "ChecksConfig",
    "ClosePairConfig",
    "ClusterConfig",
    "CrystalConfig",
    "FileConfig",
    "FileCrystalConfig",
    "GeneratorBaseConfig",
    "GeneratorConfig",
    "InterstitialsConfig",
    "IonicConfig",
    "IonicCrystalConfig",
    "MoleculeConfig",
    "RattleConfig",
    "SlabConfig",
    "StrainConfig",
    "SubstitutionConfig",
    "SupercellConfig",
    "TransformConfig",
    "VacanciesConfig",
]
