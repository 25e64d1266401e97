"""Config of the database."""

from pydantic import Field

from mlip_autopipec.config.base import FileName, Section
from mlip_autopipec.config.locations import Location


class StorageConfig(Section):
    """Where the selected frames are kept."""

    database: FileName = Field(
        "dataset.db",
        pattern=r"\.db$",
        description="File name of the ASE database in the run directory; it ends in .db.",
    )
    collection: Location | None = Field(
        None,
        description=(
            "Database that gathers the frames of many runs, each frame once: path of a .db file, "
            "or postgresql://user@host/name; none if absent."
        ),
    )
