from collections.abc import Callable
from pathlib import Path

import pytest

from mlip_autopipec.cli import app


@pytest.fixture
def call(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    write_run: Callable[..., Path],
) -> Callable[..., tuple[int, str, str]]:
    """Run the program in a folder of its own; return exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "few.yaml", "few", alloy={"supercell": [2, 2, 2], "n_structures": 3})

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["mlip-autopipe", *arguments])
        with pytest.raises(SystemExit) as ended:
            app.main()
        printed = capsys.readouterr()
        return int(str(ended.value.code)), printed.out, printed.err

    return run


def test_a_sheet_is_written(call: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    assert call("preview", "few.yaml", "--most", "2") == (0, "few.png: 2 of 3 structures\n", "")
    assert (tmp_path / "few.png").read_bytes().startswith(b"\x89PNG")
    code, out, _ = call("preview", "few.yaml", "--output", "sheet.png", "--set", "seed=7")
    assert (code, out) == (0, "sheet.png: 3 of 3 structures\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("--output", "few.svg"),
            "error: --output few.svg: the sheet is a PNG; the name should end in",
        ),
        (("--most", "0"), "error: "),
        (
            ("--output", "few.yaml/x.png"),
            "error: --output few.yaml/x.png: cannot be written (File exists)",
        ),
    ],
)
def test_what_cannot_be_written_is_refused(
    call: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], line: str
) -> None:
    code, out, err = call("preview", "few.yaml", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(line)


def test_validate_shows_kinds_counts_atoms_and_space_groups(
    call: Callable[..., tuple[int, str, str]],
) -> None:
    code, out, _ = call("validate", "few.yaml")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[1:4] == [
        "alloy 3 × Au16Cu16 (32 atoms)",
        "alloy: random fcc, a = 3.845 Å (Vegard), 2×2×2 cells",
        "made from Fm-3m (225)",
    ]
