"""A cached record counts while its file is there, as it was; anything else is a miss."""

import hashlib
import json
from pathlib import Path

import pytest

from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.caching import RecordSerializer, given_key, result_options
from mlip_autopipec.pipeline.records import (
    DescriptorRecord,
    FileRecord,
    StageRecord,
    StructureRecord,
)

TEXT = b"frames"


@pytest.fixture
def file(tmp_path: Path) -> FileRecord:
    (tmp_path / "a.xyz").write_bytes(TEXT)
    return FileRecord(path="a.xyz", sha256=hashlib.sha256(TEXT).hexdigest(), n_items=1)


@pytest.fixture
def serializer(tmp_path: Path) -> RecordSerializer:
    return RecordSerializer(run_dir=str(tmp_path))


def records(file: FileRecord) -> list[object]:
    return [
        StageRecord(stage="explore", key="k", file=file, summary={"n": 1}),
        StructureRecord(structure_id="a-0001", key="k", status="ok", file=file),
        StructureRecord(structure_id="a-0001", key="k", status="failed", reason="hot"),
        [DescriptorRecord(structure_id="a-0001", key="k", file=file)],
    ]


def test_records_come_back_equal(serializer: RecordSerializer, file: FileRecord) -> None:
    for record in records(file):
        assert serializer.loads(serializer.dumps(record)) == record


@pytest.mark.parametrize("damage", ["missing", "altered", "a folder"])
def test_a_record_without_its_file_is_refused(
    serializer: RecordSerializer, file: FileRecord, tmp_path: Path, damage: str
) -> None:
    blobs = [serializer.dumps(record) for record in records(file) if getattr(record, "file", 1)]
    (tmp_path / "a.xyz").unlink()
    if damage == "altered":
        (tmp_path / "a.xyz").write_bytes(b"Frames")
    if damage == "a folder":
        (tmp_path / "a.xyz").mkdir()
    for blob in blobs:
        with pytest.raises(ValueError, match=r"^a\.xyz is missing or altered$"):
            serializer.loads(blob)


@pytest.mark.parametrize(
    "text",
    ["{", '{"type": "StageRecord"}', '{"type": "os.system", "data": "x"}', "7", '[{"data": 1}]'],
)
def test_damaged_text_is_refused(serializer: RecordSerializer, text: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        serializer.loads(text.encode())


def test_errors_are_kept_as_text_so_reading_runs_no_code(serializer: RecordSerializer) -> None:
    blob = serializer.dumps(ValueError("too hot"))
    assert json.loads(blob) == {"type": "error", "data": "ValueError: too hot"}
    error = serializer.loads(blob)
    assert isinstance(error, OrchestrationError)
    assert str(error) == "ValueError: too hot"


def test_what_is_no_record_is_refused(serializer: RecordSerializer) -> None:
    with pytest.raises(TypeError, match=r"^a task of this package returns records, not set$"):
        serializer.dumps({1})


def test_a_result_told_of_by_the_api_is_not_trusted(file: FileRecord, tmp_path: Path) -> None:
    blob = RecordSerializer(run_dir=str(tmp_path)).dumps(records(file)[0])
    with pytest.raises(ValueError, match=r"^the run directory of this result is not known$"):
        RecordSerializer().loads(blob)


def test_results_stay_in_the_run_directory(tmp_path: Path) -> None:
    options = result_options(tmp_path)
    assert options["result_storage"] == tmp_path / ".results"
    assert options["result_serializer"].run_dir == str(tmp_path)


def test_the_key_is_the_one_the_flow_computed() -> None:
    assert given_key(None, {"key": "abc", "run_dir": "x"}) == "abc"  # type: ignore[arg-type]
