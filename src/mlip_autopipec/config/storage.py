"""Config of the database."""

from typing import Annotated

from pydantic import AfterValidator, Field

from mlip_autopipec.config.base import FileName, Section
from mlip_autopipec.config.locations import Location, is_url


def _database(location: str) -> str:
    """Refuse a path that would not be known for a database again."""
    if not (is_url(location) or location.endswith(".db")):
        message = "should end in .db, or be the URL of a PostgreSQL database"
        raise ValueError(message)
    return location


class StorageConfig(Section):
    """Where the selected frames are kept."""

    database: FileName = Field(
        "dataset.db",
        pattern=r"\.db$",
        description="File name of the ASE database in the run directory; it ends in .db.",
    )
    collection: Annotated[Location, AfterValidator(_database)] | None = Field(
        None,
        description=(
            "Database that gathers the frames of many runs, each frame once: path of a .db file, "
            "from the folder in which the run is started, or postgresql://user@host/name; none if "
            "absent."
        ),
    )
