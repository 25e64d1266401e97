"""Train, valid and test sets that share no trajectory."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from mlip_autopipec.errors import StorageError

PARTS = ("train", "valid", "test")


@dataclass(frozen=True, slots=True)
class Fractions:
    """Shares of the frames that go to each part; a share of zero leaves the part out."""

    train: float = 0.8
    valid: float = 0.1
    test: float = 0.1

    def checked(self) -> dict[str, float]:
        """Return the shares by part.

        Raises:
            StorageError: They are negative, do not sum to 1, or leave nothing to train on.
        """
        shares = {"train": self.train, "valid": self.valid, "test": self.test}
        in_order = all(share >= 0.0 for share in shares.values()) and self.train > 0.0
        if not in_order or abs(sum(shares.values()) - 1.0) > 1e-9:  # noqa: PLR2004 - rounding
            given = ", ".join(f"{part} {share:g}" for part, share in shares.items())
            message = f"shares should be positive and sum to 1; given: {given}"
            raise StorageError(message)
        return shares


def split_by_group(
    groups: Sequence[Hashable],
    strata: Sequence[Hashable],
    fractions: Fractions,
    rng: np.random.Generator,
) -> list[str]:
    """Assign frames to parts so that no group is torn.

    The groups of each stratum are visited in random order, larger ones first, and each goes to the
    part that lacks most of what it should have, in the stratum and over all. Groups then move
    between parts while that brings the shares of the whole nearer, first those of strata of which
    training keeps another. Where there are at least as many groups as parts, no part stays empty.

    Args:
        groups: Of each frame; frames of one group must not be separated (a trajectory).
        strata: Of each frame; a group belongs to the stratum of its first frame.
        fractions: How the frames are to be shared.
        rng: Source of all randomness.

    Returns:
        The part of each frame.

    Raises:
        StorageError: The shares do not do.
    """
    shares = {part: share for part, share in fractions.checked().items() if share > 0.0}
    sizes = Counter(groups)
    stratum_of = dict(zip(groups[::-1], strata[::-1], strict=True))  # the first of a group wins
    members: dict[Hashable, list[Hashable]] = defaultdict(list)
    for group in dict.fromkeys(groups):
        members[stratum_of[group]].append(group)
    assigned: dict[Hashable, str] = {}
    total = Counter[str]()
    for here_groups in members.values():
        shuffled = [here_groups[place] for place in rng.permutation(len(here_groups))]
        here = Counter[str]()
        n_here = sum(sizes[group] for group in shuffled)
        for group in sorted(shuffled, key=lambda each: -sizes[each]):
            part = max(
                shares,
                key=lambda each: (
                    shares[each] * n_here - here[each],
                    shares[each] * len(groups) - total[each],
                ),
            )
            assigned[group] = part
            here[part] += sizes[group]
            total[part] += sizes[group]
    targets = {part: share * len(groups) for part, share in shares.items()}
    _even_out(assigned, targets, sizes, stratum_of)
    return [assigned[group] for group in groups]


def _even_out(
    assigned: dict[Hashable, str],
    targets: dict[str, float],
    sizes: Counter[Hashable],
    stratum_of: dict[Hashable, Hashable],
) -> None:
    """Move groups to the part that lacks most, until no part is empty and no move helps."""
    lacks, n_groups, n_trained = dict(targets), Counter[str](), Counter[Hashable]()
    for group, part in assigned.items():
        lacks[part] -= sizes[group]
        n_groups[part] += 1
        n_trained[stratum_of[group]] += part == "train"
    while True:
        empty = [part for part in targets if not n_groups[part]]
        taker = empty[0] if empty else max(targets, key=lacks.__getitem__)
        giver = min(targets, key=lacks.__getitem__)
        if empty and n_groups[giver] == 1:
            giver = max(targets, key=n_groups.__getitem__)
        gap = lacks[taker] - lacks[giver]
        spare = [
            group
            for group, part in assigned.items()
            if part == giver and (empty or sizes[group] < gap)
        ]
        if n_groups[giver] == 1 or not spare:
            return
        best = min(
            spare,
            key=lambda group: (
                giver == "train" and n_trained[stratum_of[group]] == 1,
                abs(gap - 2 * sizes[group]),
                -n_trained[stratum_of[group]],
            ),
        )
        assigned[best] = taker
        lacks[giver] += sizes[best]
        lacks[taker] -= sizes[best]
        n_groups.update({giver: -1, taker: 1})
        n_trained[stratum_of[best]] += (taker == "train") - (giver == "train")
