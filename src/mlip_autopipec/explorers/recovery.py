"""What is done about a fault: where to go back to, and what to change there."""

from mlip_autopipec.explorers.state import Recovery, State

_COOLING = 0.75


def last_good(states: tuple[State, ...]) -> int:
    """Return the place, among the states kept (oldest first), of the one to go back to.

    That is the newest; but one that was gone back to already and led to another fault before the
    next was reached is passed over, for the harm may have been done before it.
    """
    newest = states[-1]
    failed_again = newest.recovery.count > 0 and newest.step == newest.recovery.step
    return max(len(states) - 1 - failed_again, 0)


def next_recovery(recovery: Recovery, fault: str, step: int) -> Recovery:
    """Return what to change for the next attempt.

    The momenta are always drawn anew. The first attempt halves the timestep, the second lowers the
    temperature by a quarter, and so on in turn; what was changed stays so.

    Args:
        recovery: What was done about earlier faults.
        fault: What happened.
        step: The step that is gone back to.
    """
    halve = recovery.count % 2 == 0
    return Recovery(
        count=recovery.count + 1,
        timestep_scale=recovery.timestep_scale * (0.5 if halve else 1.0),
        temperature_scale=recovery.temperature_scale * (1.0 if halve else _COOLING),
        faults=(*recovery.faults, fault),
        step=step,
    )
