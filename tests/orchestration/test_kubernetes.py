"""Workers as pods: the object for Dask's operator is rendered and read; no cluster runs it here."""

import getpass
import os
import sys
from pathlib import Path
from typing import Any

import dask
import pytest

from mlip_autopipec.config.execution import ExecutionConfig, KubernetesClusterConfig
from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.cluster import PRELOAD, QUEUED_SETTINGS, open_cluster
from mlip_autopipec.orchestration.kubernetes import cluster_spec

API = "http://prefect.lab:4200/api"
CLUSTER = {
    "kind": "kubernetes",
    "image": "registry.lab/mlip-autopipe:1",
    "namespace": "md",
    "volume": {"claim": "runs", "path": "/shared"},
    "cores": 2,
    "memory": "6Gi",
    "gpus": 1,
    "auth_secret": "prefect",
}


def kubernetes(**changes: object) -> KubernetesClusterConfig:
    config = ExecutionConfig.model_validate({"cluster": CLUSTER | changes}).cluster
    assert isinstance(config, KubernetesClusterConfig)
    return config


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return cluster_spec(kubernetes(), PRELOAD, API, QUEUED_SETTINGS)


def container(spec: dict[str, Any], role: str) -> dict[str, Any]:
    (only,) = spec["spec"][role]["spec"]["containers"]
    assert isinstance(only, dict)
    return only


def test_the_operator_is_asked_for_a_cluster_of_this_run_without_workers_yet(
    spec: dict[str, Any],
) -> None:
    assert (spec["apiVersion"], spec["kind"]) == ("kubernetes.dask.org/v1", "DaskCluster")
    assert spec["metadata"]["name"] == f"mlip-autopipe-{getpass.getuser()}-{os.getpid()}"
    assert spec["spec"]["worker"]["replicas"] == 0  # it adapts to the work that there is


def test_the_scheduler_is_started_by_a_command_that_the_image_has(spec: dict[str, Any]) -> None:
    command = container(spec, "scheduler")["args"]
    assert command == ["dask", "scheduler", "--host", "0.0.0.0"]  # noqa: S104 - within its pod
    assert Path(sys.executable).with_name(command[0]).exists()


def test_a_worker_runs_one_simulation_and_keeps_to_its_memory(spec: dict[str, Any]) -> None:
    worker = container(spec, "worker")
    assert " ".join(worker["args"]).startswith(
        f"dask worker --nthreads 1 --memory-limit 6GiB --preload {PRELOAD} --name"
    )
    amounts = {"cpu": "2", "memory": "6Gi", "nvidia.com/gpu": "1"}
    assert worker["resources"] == {"requests": amounts, "limits": amounts}
    assert worker["image"] == container(spec, "scheduler")["image"] == CLUSTER["image"]


def test_all_pods_see_the_run_directory_at_one_path(spec: dict[str, Any]) -> None:
    for role in ("scheduler", "worker"):
        (volume,) = spec["spec"][role]["spec"]["volumes"]
        assert volume["persistentVolumeClaim"] == {"claimName": "runs"}
        (mount,) = container(spec, role)["volumeMounts"]
        assert (mount["name"], mount["mountPath"]) == (volume["name"], "/shared")


@pytest.mark.parametrize("role", ["scheduler", "worker"])
def test_dask_reads_its_settings_from_the_environment(spec: dict[str, Any], role: str) -> None:
    variables = {
        entry["name"]: entry["value"]
        for entry in container(spec, role)["env"]
        if entry["name"].startswith("DASK_")
    }
    read = dask.config.collect_env(variables)
    assert {name: dask.config.get(name, config=read) for name in QUEUED_SETTINGS} == QUEUED_SETTINGS


def test_a_worker_knows_the_server_and_gets_the_auth_string_from_a_secret(
    spec: dict[str, Any],
) -> None:
    variables = {entry["name"]: entry for entry in container(spec, "worker")["env"]}
    assert variables["PREFECT_API_URL"]["value"] == API
    assert variables["OMP_NUM_THREADS"]["value"] == "2"
    assert variables["PREFECT_API_AUTH_STRING"] == {
        "name": "PREFECT_API_AUTH_STRING",
        "valueFrom": {"secretKeyRef": {"name": "prefect", "key": "auth-string"}},
    }


def test_no_secret_and_no_gpu_unless_asked_for() -> None:
    plain = cluster_spec(kubernetes(gpus=0, auth_secret=None), PRELOAD, API, {})
    worker = container(plain, "worker")
    assert "PREFECT_API_AUTH_STRING" not in {entry["name"] for entry in worker["env"]}
    assert "nvidia.com/gpu" not in worker["resources"]["limits"]


def test_a_server_that_pods_cannot_reach_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    with (
        pytest.raises(OrchestrationError, match=r"^execution\.cluster: workers on other machines"),
        open_cluster(kubernetes()),
    ):
        pass


@pytest.mark.parametrize(
    ("field", "value"),
    [("namespace", "My Pods"), ("image", "a b"), ("memory", "4 GiB"), ("volume", {"claim": "x"})],
)
def test_what_kubernetes_would_refuse_is_refused_before(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        kubernetes(**{field: value})
