"""What the deployment files say, read as their users read them."""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.orchestration.session import assignments

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deployments"
PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS = {entry["name"]: entry for entry in PROJECT["deployments"]}


def leaves(node: Any) -> list[str]:  # noqa: ANN401 - YAML holds anything
    """Return every text in a document."""
    if isinstance(node, dict):
        return [text for value in node.values() for text in leaves(value)]
    if isinstance(node, list):
        return [text for value in node for text in leaves(value)]
    return [str(node)]


def test_no_path_of_a_machine_is_in_it() -> None:
    assert [text for text in leaves(PROJECT) if text.startswith(("/", "~"))] == []
    (step,) = PROJECT["pull"]
    assert step == {
        "prefect.deployments.steps.set_working_directory": {
            "directory": "{{ $MLIP_AUTOPIPE_PROJECT }}"
        }
    }


@pytest.mark.parametrize("name", ["nightly", "weekly"])
def test_a_deployment_has_a_schedule_a_pool_and_one_run_at_a_time(name: str) -> None:
    deployment = DEPLOYMENTS[name]
    module, _, attribute = deployment["entrypoint"].rpartition(".")
    flow = getattr(import_module(module), attribute)
    assert isinstance(flow, Flow)
    assert set(deployment["parameters"]) <= set(flow.parameters.properties)
    assert {"config_path", "overrides"} <= set(deployment["parameters"])
    assert deployment["work_pool"]["name"] == "mlip-autopipe"
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}
    (schedule,) = deployment["schedules"]
    assert set(schedule) == {"cron", "timezone", "slug", "active"}


def test_the_weekly_deployment_continues_the_nightly_dataset() -> None:
    weekly, nightly = DEPLOYMENTS["weekly"]["parameters"], DEPLOYMENTS["nightly"]["parameters"]
    config = PipelineConfig.from_yaml(
        ROOT / weekly["config_path"], assignments(weekly["overrides"])
    )
    known = [Path(path) for path in config.sampling.known]
    earlier = PipelineConfig.from_yaml(ROOT / nightly["config_path"])
    assert known == [Path(nightly["run_dir"]) / earlier.storage.database]
    assert config.seed != earlier.seed  # other structures, not the same again


def test_the_readme_puts_them_to_work_in_ten_commands() -> None:
    assert len(commands()) == 10


def commands() -> list[str]:
    """The commands of the README's first section, without their comments."""
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    section = text.split("## ")[1]
    return [
        re.split(r"\s{2,}#", line)[0].strip()
        for line in section.splitlines()
        if line.startswith("    ")
    ]


def test_compose_refuses_to_start_without_secrets_and_holds_none() -> None:
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    server, database = compose["services"]["server"], compose["services"]["database"]
    environment = server["environment"]
    assert environment["PREFECT_SERVER_API_AUTH_STRING"].startswith(
        "${PREFECT_SERVER_API_AUTH_STRING:?"
    )
    assert database["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    connection = environment["PREFECT_API_DATABASE_CONNECTION_URL"]
    assert connection.startswith("postgresql+asyncpg://prefect:${POSTGRES_PASSWORD}@database")
    assert server["ports"] == ["${PREFECT_BIND:-127.0.0.1}:4200:4200"]


def test_compose_and_project_name_one_version_of_prefect() -> None:
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    image = compose["services"]["server"]["image"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (locked,) = re.findall(r"^prefect==(\S+)", lock, flags=re.MULTILINE)
    assert image == f"prefecthq/prefect:{locked}-python3.11"
    assert PROJECT["prefect-version"] == locked


def test_the_image_holds_all_that_its_build_copies_and_runs_as_no_root() -> None:
    lines = (FOLDER / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert {"src", "flows", "tasks", "pyproject.toml", "requirements.lock"} <= set(copied)
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER pipe"]
    assert lines.index("USER pipe") < next(i for i, line in enumerate(lines) if "CMD" in line)
