"""Dask workers as pods, through Dask's Kubernetes operator."""

import getpass
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mlip_autopipec.config.execution import KubernetesClusterConfig
from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.batch import check_reachable
from mlip_autopipec.orchestration.environment import PACKAGE_LOGGER, users_api_url

_AUTH_KEY = "auth-string"
_VOLUME = "shared"
_SCHEDULER = ["dask", "scheduler", "--host", "0.0.0.0"]  # noqa: S104 - its pod's own network


def cluster_spec(
    cluster: KubernetesClusterConfig, preload: str, api_url: str, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the ``DaskCluster`` object that the operator is asked for.

    Workers have one thread, import what tasks need, see the shared volume at one path, and know the
    Prefect server; the API's auth string comes from a Secret, never from here.

    Args:
        cluster: The config.
        preload: Module that workers import when they start.
        api_url: Address of the Prefect API, as pods reach it.
        settings: Dask's settings; given to scheduler and workers by environment variables.

    Raises:
        OrchestrationError: dask-kubernetes is missing.
    """
    try:
        from dask_kubernetes.operator import make_cluster_spec  # noqa: PLC0415 - of an extra
    except ImportError as error:
        message = (
            "execution.cluster.kind kubernetes needs dask-kubernetes: "
            "install mlip-autopipe[kubernetes]"
        )
        raise OrchestrationError(message) from error
    memory = f"{cluster.memory}B"
    worker = ["dask", "worker", "--nthreads", "1", "--memory-limit", memory, "--preload", preload]
    spec: dict[str, Any] = make_cluster_spec(
        name=_cluster_name(), image=cluster.image, n_workers=0, worker_command=worker
    )
    for role in ("scheduler", "worker"):
        pod = spec["spec"][role]["spec"]
        pod["volumes"] = [
            {"name": _VOLUME, "persistentVolumeClaim": {"claimName": cluster.volume.claim}}
        ]
        (container,) = pod["containers"]
        container["volumeMounts"] = [{"name": _VOLUME, "mountPath": cluster.volume.path}]
        container["env"] = _dask_environment(settings)
    (container,) = spec["spec"]["scheduler"]["spec"]["containers"]
    container["args"] = _SCHEDULER
    (container,) = spec["spec"]["worker"]["spec"]["containers"]
    container["env"] += _worker_environment(cluster, api_url)
    container["resources"] = _resources(cluster)
    return spec


@contextmanager
def kubernetes_cluster(
    cluster: KubernetesClusterConfig, preload: str, settings: Mapping[str, Any]
) -> Iterator[str]:
    """Ask the operator for a scheduler and workers; yield the scheduler's address.

    Raises:
        OrchestrationError: dask-kubernetes is missing, or pods cannot reach the Prefect server.
    """
    api_url = users_api_url()
    check_reachable(api_url)
    spec = cluster_spec(cluster, preload, str(api_url), settings)
    from dask_kubernetes.operator import KubeCluster  # noqa: PLC0415 - of an extra

    with KubeCluster(namespace=cluster.namespace, custom_cluster_spec=spec, quiet=True) as pods:
        pods.adapt(minimum=0, maximum=cluster.n_workers_max)
        yield str(pods.scheduler_address)


def _cluster_name() -> str:
    """Return a name for this run's cluster that no other has."""
    user = re.sub(r"[^a-z0-9]+", "-", getpass.getuser().lower()).strip("-")
    return f"mlip-autopipe-{user}-{os.getpid()}"[:50]


def _dask_environment(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Write Dask's settings as environment variables (``distributed.a.b`` as DISTRIBUTED__A__B)."""
    return [
        {"name": "DASK_" + name.upper().replace(".", "__").replace("-", "_"), "value": repr(value)}
        for name, value in settings.items()
    ]


def _worker_environment(cluster: KubernetesClusterConfig, api_url: str) -> list[dict[str, Any]]:
    """Return what a worker has to know besides Dask's settings."""
    plain = {
        "OMP_NUM_THREADS": str(cluster.cores),
        "PREFECT_API_URL": api_url,
        "PREFECT_LOGGING_EXTRA_LOGGERS": PACKAGE_LOGGER,
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
        "DO_NOT_TRACK": "1",
    }
    variables: list[dict[str, Any]] = [
        {"name": name, "value": value} for name, value in plain.items()
    ]
    if cluster.auth_secret is not None:
        source = {"secretKeyRef": {"name": cluster.auth_secret, "key": _AUTH_KEY}}
        variables.append({"name": "PREFECT_API_AUTH_STRING", "valueFrom": source})
    return variables


def _resources(cluster: KubernetesClusterConfig) -> dict[str, Any]:
    """Ask for as much as is allowed: a worker that shares its cores is slow, not wrong."""
    amounts = {"cpu": str(cluster.cores), "memory": cluster.memory}
    if cluster.gpus:
        amounts["nvidia.com/gpu"] = str(cluster.gpus)
    return {"requests": dict(amounts), "limits": dict(amounts)}
