"""Whatever a simulation does to its process, the worker lives on and says what happened."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mlip_autopipec.errors import OrchestrationError
from mlip_autopipec.orchestration.child import LogLine
from mlip_autopipec.orchestration.supervision import Abandoned, ProcessLost, Supervisor, Watch

sys.path.insert(0, str(Path(__file__).parent))
import supervised  # the supervised process gets sys.path, and so finds it too

WAIT_S = 20.0


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor()
    yield supervisor
    supervisor.close()


def gone(pid: int) -> bool:
    """Wait for the end of a process."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_returns_what_the_function_returns(supervisor: Supervisor) -> None:
    assert supervisor.call(supervised.double, 21) == 42


def test_keeps_one_process_for_all_calls(supervisor: Supervisor) -> None:
    first = supervisor.call(supervised.process_id)
    assert first == supervisor.pid != os.getpid()
    assert supervisor.call(supervised.process_id) == first


def test_raises_what_the_function_raises_and_keeps_the_process(supervisor: Supervisor) -> None:
    before = supervisor.call(supervised.process_id)
    with pytest.raises(ValueError, match=r"^bad number$"):
        supervisor.call(supervised.raise_value_error, "bad number")
    assert supervisor.call(supervised.process_id) == before


def test_a_process_whose_memory_ran_out_is_replaced(supervisor: Supervisor) -> None:
    before = supervisor.call(supervised.process_id)
    with pytest.raises(MemoryError):
        supervisor.call(supervised.raise_memory_error)
    assert gone(before)
    assert supervisor.call(supervised.process_id) != before


def test_an_error_that_cannot_be_pickled_arrives_as_its_text(supervisor: Supervisor) -> None:
    with pytest.raises(OrchestrationError, match=r"^AwkwardError: a keyword that pickle"):
        supervisor.call(supervised.raise_awkward)


def test_log_records_arrive_and_output_goes_to_the_file(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    lines: list[LogLine] = []
    watch = Watch(log_path=tmp_path / "logs" / "a.log", on_log=lines.append)
    supervisor.call(supervised.log_and_print, "hello", watch=watch)
    assert lines == [LogLine("mlip_autopipec.test", 20, "hello")]
    log = (tmp_path / "logs" / "a.log").read_text()
    assert log.splitlines()[-1] == "hello"


@pytest.mark.parametrize(
    ("function", "arguments", "reason"),
    [
        (supervised.segfault, (), "its process was killed by SIGSEGV"),
        (
            supervised.kill_itself,
            (),
            "its process was killed (SIGKILL: by hand, or because memory ran out)",
        ),
        (supervised.leave, (3,), "its process ended with status 3"),
    ],
)
def test_a_lost_process_is_an_ordinary_error_and_the_next_call_gets_a_new_one(
    supervisor: Supervisor, function: object, arguments: tuple[int, ...], reason: str
) -> None:
    before = supervisor.call(supervised.process_id)
    with pytest.raises(ProcessLost) as caught:
        supervisor.call(function, *arguments)
    assert caught.value.reason == reason
    assert supervisor.call(supervised.process_id) != before
    assert gone(before)


def test_a_lost_process_leaves_its_last_lines(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(ProcessLost) as caught:
        supervisor.call(supervised.leave, 1, watch=Watch(log_path=tmp_path / "a.log"))
    assert caught.value.log_tail == "going now"


def test_the_time_limit_is_hard(supervisor: Supervisor) -> None:
    supervisor.call(supervised.double, 1)
    pid = supervisor.pid
    assert pid is not None
    with pytest.raises(ProcessLost, match=r"^passed its time limit of 0.5 s and was ended$"):
        supervisor.call(supervised.hang_and_ignore_termination, watch=Watch(timeout_s=0.5))
    assert gone(pid)


def test_the_memory_limit_ends_the_process_alone(supervisor: Supervisor) -> None:
    limit = 400 * 2**20
    with pytest.raises(ProcessLost, match=r"^used \d\.\d\d GiB of memory, above its 0.39 GiB"):
        supervisor.call(supervised.grow, watch=Watch(memory_bytes=limit))


def test_a_call_nobody_waits_for_is_stopped(supervisor: Supervisor) -> None:
    supervisor.call(supervised.double, 1)
    pid = supervisor.pid
    assert pid is not None
    with pytest.raises(Abandoned, match=r"^nobody waits for the result any more$"):
        supervisor.call(supervised.hang, watch=Watch(abandoned=lambda: True))
    assert gone(pid)


def test_the_process_dies_with_its_parent_killed_by_force(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import supervised\n"
        "from mlip_autopipec.orchestration.supervision import Supervisor\n"
        f"Supervisor().call(supervised.announce_and_hang, {str(note)!r})\n"
    )
    with subprocess.Popen([sys.executable, "-c", script]) as parent:
        while not note.exists() or not note.read_text():
            assert parent.poll() is None
            time.sleep(0.05)
        pid = int(note.read_text())
        parent.send_signal(signal.SIGKILL)
    assert gone(pid)
