"""Config of the database."""

from pydantic import Field

from mlip_autopipec.config.base import FileName, Section


class StorageConfig(Section):
    """Where the selected frames are kept."""

    database: FileName = Field(
        "dataset.db",
        pattern=r"\.db$",
        description="File name of the ASE database in the run directory; it ends in .db.",
    )
