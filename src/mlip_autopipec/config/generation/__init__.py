"""Config of the generators, one kind a file, and of the transforms that follow them."""

from typing import Annotated, get_args

from pydantic import Field

from mlip_autopipec.config.generation.alloy import AlloyConfig, AlloyCrystalConfig
from mlip_autopipec.config.generation.base import GeneratorBaseConfig
from mlip_autopipec.config.generation.checks import ChecksConfig
from mlip_autopipec.config.generation.cluster import ClusterConfig
from mlip_autopipec.config.generation.file import FileConfig, FileCrystalConfig
from mlip_autopipec.config.generation.ionic import IonicConfig, IonicCrystalConfig
from mlip_autopipec.config.generation.liquid import LiquidConfig
from mlip_autopipec.config.generation.molecule import MoleculeConfig
from mlip_autopipec.config.generation.plugins import OrPlugin
from mlip_autopipec.config.generation.random_crystal import RandomCrystalConfig
from mlip_autopipec.config.generation.slab import CrystalConfig, SlabConfig
from mlip_autopipec.config.generation.transforms import (
    AdsorbateConfig,
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

_OwnConfig = (
    AlloyConfig
    | IonicConfig
    | FileConfig
    | SlabConfig
    | ClusterConfig
    | MoleculeConfig
    | RandomCrystalConfig
    | LiquidConfig
)

OWN_KINDS = frozenset(model.model_fields["kind"].default for model in get_args(_OwnConfig))
"""The kinds that this package has itself."""

GeneratorConfig = Annotated[_OwnConfig, Field(discriminator="kind"), OrPlugin(OWN_KINDS)]

__all__ = [
    "OWN_KINDS",
    "AdsorbateConfig",
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
    "LiquidConfig",
    "MoleculeConfig",
    "RandomCrystalConfig",
    "RattleConfig",
    "SlabConfig",
    "StrainConfig",
    "SubstitutionConfig",
    "SupercellConfig",
    "TransformConfig",
    "VacanciesConfig",
]
