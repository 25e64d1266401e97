"""What the program says of a command line that it cannot take."""

import pytest

from mlip_autopipec.cli import app


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["preview", "a.yaml", "--most", "0"], "Invalid value for '--most': 0 is not in the range"),
        (["init", "ceramic"], "Invalid value for 'KIND': 'ceramic' is not one of 'alloy'"),
        (["status"], "Missing argument 'RUN_DIR'."),
        (["nonsense"], "No such command 'nonsense'."),
    ],
)
def test_the_option_at_fault_is_named(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["mlip-autopipe", *arguments])
    with pytest.raises(SystemExit) as stop:
        app.main()
    assert stop.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"error: {message}")
    assert printed.err.count("\n") == 1


def _ended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> list[str]:
    monkeypatch.setattr("sys.argv", ["mlip-autopipe", *arguments])
    with pytest.raises(SystemExit):
        app.main()
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["run", "--typo"], "hint: `mlip-autopipe run --help` shows what it takes"),
        (["nonsense"], "hint: `mlip-autopipe --help` lists commands"),
        (["run", "nowhere.yaml"], "hint: `mlip-autopipe init KIND` prints an example with"),
        (["status", "nowhere"], "hint: `mlip-autopipe run CONFIG --run-dir DIR` begins a run"),
        (["export", "nowhere"], "hint: `mlip-autopipe status RUN_DIR` says whether the dataset"),
    ],
)
def test_people_get_a_hint_and_files_do_not(
    arguments: list[str],
    hint: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (line,) = _ended(monkeypatch, capsys, *arguments)
    monkeypatch.setenv("TERM", "dumb")  # without colours
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    error, *hints = _ended(monkeypatch, capsys, *arguments)
    assert error == line
    assert len(hints) == 1
    assert hints[0].startswith(hint)


def test_a_traceback_only_with_debug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(app.DEBUG_VARIABLE, "")  # which the program sets, and which is put back
    (line,) = _ended(monkeypatch, capsys, "status", "nowhere")
    lines = _ended(monkeypatch, capsys, "--debug", "status", "nowhere")
    assert lines[0].startswith("Traceback")
    assert lines[-1] == line


def test_a_missing_argument_is_one_line_however_many_choices_it_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (line,) = _ended(monkeypatch, capsys, "init")
    assert line.startswith("error: Missing argument 'KIND'. Choose from: alloy, cluster, file,")
