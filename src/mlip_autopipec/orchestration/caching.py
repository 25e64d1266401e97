"""Prefect's cache of task results: small records in the run directory, good while their files are.

A task run whose key is known and whose record still describes the files on disk is not done again.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefect.context import TaskRunContext
from prefect.serializers import Serializer
from pydantic import Field

from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.pipeline.records import (
    DescriptorRecord,
    FileRecord,
    Record,
    StageRecord,
    StructureRecord,
)
from mlip_autopipec.pipeline.run_directory import RunDirectory

_MODELS: dict[str, type[Record]] = {
    model.__name__: model for model in (DescriptorRecord, StageRecord, StructureRecord)
}


class RecordSerializer(Serializer):
    """Writes records as JSON, and refuses to read one whose file is missing or altered.

    Prefect takes a refusal for a miss, and runs the task again. Errors are kept as their text:
    nothing that is read back can run code.

    Attributes:
        run_dir: The run directory, to which the records' paths are relative. Empty where Prefect's
            API has told of a result, since it keeps no more than the serializer's name.
    """

    type: str = Field(default="mlip-record", frozen=True)
    run_dir: str = ""

    def dumps(self, obj: Any) -> bytes:  # noqa: ANN401 - Prefect's signature
        """Write a record, a list of records, or an error.

        Raises:
            TypeError: It is none of these.
        """
        return json.dumps(_encode(obj)).encode()

    def loads(self, blob: bytes) -> Any:  # noqa: ANN401 - Prefect's signature
        """Read what `dumps` wrote.

        Raises:
            ValueError: A file of a record is missing or altered, the text is damaged, or the run
                directory is not known.
        """
        if not self.run_dir:
            message = "the run directory of this result is not known"
            raise ValueError(message)
        content = _decode(json.loads(blob))
        directory = RunDirectory(self.run_dir)
        for record in content if isinstance(content, list) else [content]:
            file: FileRecord | None = getattr(record, "file", None)
            if file is not None and not directory.is_intact(file):
                message = f"{file.path} is missing or altered"
                raise ValueError(message)
        return content


def _encode(content: Any) -> Any:  # noqa: ANN401 - Prefect hands over whatever a task gave
    """Return JSON-ready data that names its type."""
    if content is None:
        return None
    if isinstance(content, list):
        return [_encode(item) for item in content]
    if isinstance(content, BaseException):
        return {"type": "error", "data": f"{type(content).__name__}: {content}"}
    name = type(content).__name__
    if name not in _MODELS:
        message = f"a task of this package returns records, not {name}"
        raise TypeError(message)
    return {"type": name, "data": content.model_dump(mode="json")}


def _decode(content: Any) -> Any:  # noqa: ANN401 - as written by `_encode`
    """Return what `_encode` was given."""
    if content is None:
        return None
    if isinstance(content, list):
        return [_decode(item) for item in content]
    if not isinstance(content, dict) or content.get("type") not in {*_MODELS, "error"}:
        message = "the cached result is damaged"
        raise ValueError(message)
    if content["type"] == "error":
        return OrchestrationError(str(content["data"]))
    return _MODELS[content["type"]].model_validate(content["data"])


def given_key(_context: TaskRunContext, parameters: Mapping[str, Any]) -> str:
    """Return the cache key that the flow computed and passed as the parameter ``key``."""
    return str(parameters["key"])


def result_options(run_dir: Path) -> dict[str, Any]:
    """Return the task options that keep results in a run directory."""
    return {
        "result_storage": RunDirectory(run_dir).results,
        "result_serializer": RecordSerializer(run_dir=str(run_dir)),
    }
