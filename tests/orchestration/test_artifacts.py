"""What the UI shows of a run."""

from prefect.exceptions import PrefectHTTPStatusError

from mlip_autopipec.orchestration import artifacts
from mlip_autopipec.orchestration.artifacts import artifact_key, summary_markdown
from mlip_autopipec.pipeline.records import RunSummary, StructureRecord

SUMMARY = RunSummary(
    name="cu-au",
    run_dir="/runs/cu-au",
    n_generated=4,
    n_explored=3,
    n_failed=1,
    n_frames=60,
    n_frames_zbl=3,
    n_selected=20,
    failures=(("alloy-0002", "temperature 30000 K | above 20000 K\nat step 7"),),
    database="dataset.db",
    wall_time_s=50.0,
    n_steps=400,
)


def test_the_summary_counts_and_names_failures_in_one_row_each() -> None:
    text = summary_markdown(SUMMARY)
    assert "| quantity | value |\n|---|---|\n| structures generated | " in text
    assert "| explored | 3 |" in text
    assert "| touched by ZBL | 5.0% of the frames |" in text
    assert "| steps per second and worker | 8 |" in text
    assert "| alloy-0002 | temperature 30000 K \\| above 20000 K at step 7 |" in text


def test_a_run_without_steps_has_no_speed() -> None:
    nothing = SUMMARY.model_copy(update={"wall_time_s": 0.0, "n_steps": 0, "failures": ()})
    text = summary_markdown(nothing)
    assert "| steps per second and worker | 0 |" in text
    assert "Failed structures" not in text


def test_keys_are_lower_case_letters_digits_and_dashes() -> None:
    assert artifact_key("summary", "Cu_Au.v2 é") == "summary-cu-au-v2--"


def test_a_structure_is_one_row() -> None:
    record = StructureRecord(
        structure_id="alloy-0001",
        key="k",
        status="ok",
        exploration={
            "ensemble": "npt",
            "n_steps": 100,
            "steps_per_s": 12.345,
            "moves": {"attempted": 8, "accepted": 3},
        },
    )
    row = artifacts._row(record)
    assert row["structure"] == "alloy-0001"
    assert row["swaps accepted"] == "3/8"
    assert row["steps/s"] == 12.35  # rounded to two decimals


def test_a_lost_structure_is_a_row_too() -> None:
    record = StructureRecord(structure_id="a-1", key="k", status="failed", reason="killed")
    row = artifacts._row(record)
    assert (row["status"], row["reason"], row["steps"]) == ("failed", "killed", 0)


def test_a_server_that_does_not_answer_costs_the_artifact_and_not_the_run() -> None:
    import httpx  # noqa: PLC0415 - for its errors

    def refuse() -> None:
        raise httpx.ConnectError("refused")  # noqa: EM101 - a library error

    def reject() -> None:
        request = httpx.Request("POST", "http://x")
        raise PrefectHTTPStatusError("no", request=request, response=httpx.Response(500))  # noqa: EM101

    assert artifacts.publish(refuse) is None
    assert artifacts.publish(reject) is None
