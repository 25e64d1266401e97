"""Messages of Dask's while the wall clock is set."""

import subprocess
import sys
import textwrap

import pytest

SENDING = textwrap.dedent(
    """
    import asyncio, time
    from distributed import batched
    {first}

    class Comm:
        sent = []

        def closed(self):
            return False

        async def write(self, payload, **_):
            self.sent += payload
            return 0

    async def send():
        stream = batched.BatchedSend(interval="100ms")
        stream.start(Comm())
        stream.send("before")
        await asyncio.sleep(0.05)
        real = time.time
        time.time = lambda: real() - 86_400.0
        if batched.time is real:  # Dask bound it when it was imported
            batched.time = time.time
        stream.send("after")
        await asyncio.sleep(0.5)
        print(*Comm.sent)

    asyncio.run(send())
    """
)


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("", "before"),
        (
            "from mlip_autopipec.orchestration.steady_clock import *; use_steady_clock()",
            "before after",
        ),
    ],
    ids=["as Dask comes", "steady"],
)
def test_a_message_arrives_though_the_clock_was_set_back(first: str, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SENDING.format(first=first)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == expected.split(), done.stderr
