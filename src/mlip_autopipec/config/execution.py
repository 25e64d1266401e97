"""Config of the machines that the run uses."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mlip_autopipec.config.base import (
    Count,
    Fraction,
    NonNegative,
    NonNegativeCount,
    Positive,
    Section,
)

KubernetesName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=63)]
"""Name of an object: lower case, digits and dashes."""


class LocalClusterConfig(Section):
    """Worker processes on this machine."""

    kind: Literal["local"] = "local"
    n_workers: Literal["auto"] | Annotated[Count, Field(le=1024)] = Field(
        "auto", description="Single-threaded workers; auto: one a core."
    )
    memory_limit: Annotated[str, Field(pattern=r"^(auto|\d+(\.\d+)?\s?[KMGT]i?B)$")] = Field(
        "auto", description="Memory of one worker, for instance 4GiB; auto: an equal share."
    )


class AddressClusterConfig(Section):
    """A Dask scheduler that runs already."""

    kind: Literal["address"] = "address"
    address: Annotated[str, Field(pattern=r"^(tcp|tls)://\S+:\d+$")] = Field(
        description="Address of the scheduler, for instance tcp://10.0.0.5:8786."
    )


class SlurmClusterConfig(Section):
    """Workers that are batch jobs of SLURM, as many as there is work for."""

    kind: Literal["slurm"] = "slurm"
    partition: str | None = Field(None, description="Partition; null: SLURM's default.")
    account: str | None = Field(None, description="Account that is charged; null: the default.")
    n_workers_max: Count = Field(10, description="Most jobs at a time.")
    cores: Count = Field(1, description="Cores of one worker; exploration.calculator.threads.")
    memory: Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s?[KMGT]i?B$")] = Field(
        "4GiB", description="Memory of one worker."
    )
    walltime_h: Annotated[Positive, Field(ge=0.5)] = Field(
        24.0, description="Walltime of a job, in h; workers leave before it and keep their work."
    )
    interface: str | None = Field(
        None, description="Network interface that the nodes share, for instance ib0."
    )
    directives: tuple[str, ...] = Field(
        (), description="More lines after #SBATCH, for instance --gres=gpu:1."
    )
    prologue: tuple[str, ...] = Field(
        (), description="Shell lines before the worker, for instance module load cuda."
    )


class SharedVolumeConfig(Section):
    """A volume claim that scheduler, workers and the flow's own machine have in common."""

    claim: KubernetesName = Field(description="Name of the PersistentVolumeClaim.")
    path: Annotated[str, Field(pattern=r"^/\S+$")] = Field(
        description="Where it is mounted; run directories and configs lie below it."
    )


class KubernetesClusterConfig(Section):
    """Workers that are pods, as many as there is work for, through Dask's Kubernetes operator."""

    kind: Literal["kubernetes"] = "kubernetes"
    image: Annotated[str, Field(pattern=r"^\S+$")] = Field(
        description="Image with this package, for instance of deployments/Dockerfile."
    )
    volume: SharedVolumeConfig = Field(description="Where the run directory lies.")
    namespace: KubernetesName = Field("default", description="Namespace of the pods.")
    n_workers_max: Count = Field(10, description="Most workers at a time.")
    cores: Count = Field(1, description="Cores of one worker; exploration.calculator.threads.")
    memory: Annotated[str, Field(pattern=r"^\d+(\.\d+)?[KMGT]i?$")] = Field(
        "4Gi", description="Memory of one worker, as Kubernetes writes it."
    )
    gpus: NonNegativeCount = Field(0, description="GPUs of one worker (nvidia.com/gpu).")
    auth_secret: KubernetesName | None = Field(
        None,
        description="Secret whose key auth-string holds the Prefect API's; null: it asks for none.",
    )


def _local_by_default(value: Any) -> Any:  # noqa: ANN401 - a validator sees whatever the file holds
    """Take a cluster without a kind for this machine: `--workers 2` alone is enough."""
    return {"kind": "local", **value} if isinstance(value, dict) and "kind" not in value else value


ClusterConfig = Annotated[
    LocalClusterConfig | AddressClusterConfig | SlurmClusterConfig | KubernetesClusterConfig,
    Field(discriminator="kind"),
    BeforeValidator(_local_by_default),
]


class ExecutionConfig(Section):
    """How the work is spread, repeated and judged."""

    cluster: ClusterConfig = Field(default_factory=LocalClusterConfig, description="The workers.")
    retries: Annotated[NonNegativeCount, Field(le=20)] = Field(
        2, description="Repeats of an exploration whose process was lost."
    )
    retry_delay_s: NonNegative = Field(
        2.0, description="Wait before the first repeat, in s; doubled each time."
    )
    max_failed_fraction: Fraction = Field(
        0.25, description="Share of structures that may fail before the run counts as failed."
    )
    structure_timeout_s: Positive | None = Field(
        None, description="Hard limit for the exploration of one structure, in s; null: none."
    )
