"""Where a database is: a path, or the URL of a PostgreSQL database."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

POSTGRESQL = ("postgresql://", "postgres://")


def is_url(location: str) -> bool:
    """Say whether a location is a database's URL, and not a path.

    Example:
        >>> is_url("postgresql://group@host/frames"), is_url("earlier/dataset.db")
        (True, False)
    """
    return location.startswith(POSTGRESQL)


def without_password(location: str) -> str:
    """Refuse a URL with a password, which would be copied into every record of the run."""
    if is_url(location) and urlsplit(location).password is not None:
        message = "holds a password; leave it out of the URL and put it into ~/.pgpass"
        raise ValueError(message)
    return location


def masked(text: str) -> str:
    """Return a text without the passwords of the URLs in it.

    Example:
        >>> masked("postgresql://me:secret@host/frames")
        'postgresql://me:***@host/frames'
    """
    return re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1:***@", text)


Location = Annotated[str, Field(min_length=1), AfterValidator(without_password)]
"""Path of a file, or ``postgresql://user@host/name``; the password belongs in ``~/.pgpass``."""
