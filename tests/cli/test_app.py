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
