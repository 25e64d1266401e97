"""DIRECT: dimensionality-reduced, clustered, stratified selection."""

import warnings
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from mlip_autopipec.sampling.base import BaseSampler, Indices, Pool
from mlip_autopipec.sampling.principal import PrincipalAxes

Floats = npt.NDArray[np.float64]

EXPLAINED = 0.99  # share of the variance that the kept principal components explain
MAX_AXES = 50
MAX_LEAVES = 4000  # subclusters that are agglomerated, which takes memory as their square
ROUNDING = 1e-9  # of squared distances, in units of the variance: two points are equally near
FIRST_THRESHOLD = 0.05  # radius of a subcluster, in units of the spread of the points


class DirectSampler(BaseSampler):
    """One frame, or more, from each of many clusters (https://doi.org/10.1038/s41524-024-01227-4).

    The descriptors are reduced to principal components, weighted by the variance they explain,
    and clustered by BIRCH (https://doi.org/10.1145/233269.233324). From each cluster the frame
    nearest to its centre is taken, then the second nearest, until there are enough. Clusters that
    hold a frame that is taken already count as visited once for each of those.
    """

    needs_features: ClassVar[bool] = True

    def __init__(self, n_samples: int, per_cluster: int = 1) -> None:
        """Choose ``per_cluster`` frames from each of ``n_samples / per_cluster`` clusters."""
        super().__init__(n_samples)
        self.per_cluster = per_cluster

    def choose(
        self,
        pool: Pool,
        n: int,
        rng: np.random.Generator,  # noqa: ARG002 - the family's signature; nothing is random here
    ) -> tuple[Indices, None]:
        """Cluster all candidates and what is taken, and visit the clusters in turn."""
        free = pool.free
        if n in (0, len(free)):
            return free[:n], None
        places = np.union1d(free, pool.taken)
        coordinates = weighted_components(pool.required_points(), places)
        # BIRCH, and the choice among points equally near to a centre, go by order: let it be that
        # of the coordinates, so that the order of the frames does not matter.
        order = np.lexsort(coordinates.T[::-1])
        places, coordinates = places[order], coordinates[order]
        n_clusters = min(len(places), -(-(n + len(pool.taken)) // self.per_cluster))
        clusters = birch_clusters(coordinates, n_clusters)
        is_taken = np.isin(places, pool.taken)
        visits = _visits(coordinates, clusters, is_taken)
        return places[visits[:n]], None


def weighted_components(points: npt.NDArray[np.floating], places: Indices) -> Floats:
    """Return principal components, each weighted by the share of the variance it explains."""
    axes = PrincipalAxes.of(points, places)
    total = axes.variances.sum()
    if total == 0.0:
        return np.zeros((len(places), 1))
    shares = axes.variances / total
    n_axes = min(MAX_AXES, 1 + int(np.searchsorted(np.cumsum(shares), EXPLAINED)))
    coordinates = axes.leading(n_axes).coordinates(points, places)
    return np.asarray(coordinates * (shares[:n_axes] / shares[0]))


def birch_clusters(coordinates: Floats, n_clusters: int) -> npt.NDArray[np.int64]:
    """Return the number of each point's cluster.

    The radius of BIRCH's subclusters is halved or doubled until there are at least ``n_clusters``
    of them, and not so many that their agglomeration takes too much memory.
    """
    # scikit-learn is heavy, has no types, and is wanted only here.
    from sklearn.cluster import Birch  # type: ignore[import-untyped] # noqa: PLC0415

    different = len(np.unique(coordinates, axis=0))
    wanted = min(n_clusters, different)
    spread = float(np.sqrt(coordinates.var(axis=0).sum()))
    threshold = FIRST_THRESHOLD * spread
    if wanted <= 1 or spread == 0.0:
        return np.zeros(len(coordinates), dtype=np.int64)
    limit = max(MAX_LEAVES, 2 * wanted)
    model: Any = None
    for _ in range(60):
        model = Birch(threshold=threshold, n_clusters=None).fit(coordinates)
        n_leaves = len(model.subcluster_centers_)
        if n_leaves < wanted:
            threshold /= 2.0
        elif n_leaves > limit:
            threshold *= 1.5
        else:
            break
    with warnings.catch_warnings():
        # Fewer subclusters than clusters: then each is a cluster.
        warnings.filterwarnings("ignore", "Number of subclusters found")
        labels = model.set_params(n_clusters=wanted).partial_fit().predict(coordinates)
    return np.asarray(labels, dtype=np.int64)


def _visits(
    coordinates: Floats, clusters: npt.NDArray[np.int64], is_taken: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Return the points that are not taken in the order of their choice.

    Round by round: the point of each cluster that is nearest to its centre, largest cluster first;
    then the second nearest of each, and so on.
    """
    keys = []
    unit = ROUNDING * max(float(coordinates.var(axis=0).sum()), np.finfo(float).tiny)
    for cluster in np.unique(clusters):
        members = np.flatnonzero(clusters == cluster)
        centre = coordinates[members].mean(axis=0)
        distances = ((coordinates[members] - centre) ** 2).sum(axis=1)
        nearest_first = members[np.argsort(np.round(distances / unit), kind="stable")]
        untaken = nearest_first[~is_taken[nearest_first]]
        n_taken = len(members) - len(untaken)
        keys += [
            (n_taken + round_, -len(members), int(cluster), int(place))
            for round_, place in enumerate(untaken)
        ]
    return np.array([key[-1] for key in sorted(keys)], dtype=np.int64)
