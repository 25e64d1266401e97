"""Reading a config file: what is refused before pydantic sees it, and what overrides do."""

from pathlib import Path

import pytest

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.canonical import canonical_json, content_key
from mlip_autopipec.config.loader import read_document
from mlip_autopipec.errors import ConfigError

EXAMPLE = Path(__file__).parents[2] / "examples" / "cu-au.yaml"


def test_example_is_valid_and_survives_json() -> None:
    config = PipelineConfig.from_yaml(EXAMPLE)
    assert PipelineConfig.model_validate_json(config.model_dump_json()) == config


def test_override_sets_one_value_and_leaves_the_rest() -> None:
    plain, changed = (
        PipelineConfig.from_yaml(EXAMPLE, overrides).model_dump()
        for overrides in ((), ("exploration.n_steps=7",))
    )
    assert changed["exploration"].pop("n_steps") == 7
    plain["exploration"].pop("n_steps")
    assert changed == plain


def test_override_makes_an_absent_section_and_reaches_into_lists() -> None:
    config = PipelineConfig.from_yaml(
        EXAMPLE, ("exploration.guards.max_recoveries=0", "generation.0.n_structures=2")
    )
    assert config.exploration.guards.max_recoveries == 0
    assert config.generation[0].n_structures == 2


def test_override_takes_a_path_as_errors_write_it() -> None:
    with pytest.raises(ConfigError, match=r"^generation\[0\]\.n_structures: ") as caught:
        PipelineConfig.from_yaml(EXAMPLE, ("generation.0.n_structures=0",))
    path = str(caught.value).partition(":")[0]
    assert PipelineConfig.from_yaml(EXAMPLE, (f"{path}=2",)).generation[0].n_structures == 2


def test_keys_that_yaml_takes_for_booleans_are_words() -> None:
    """YAML 1.1 has on and No among them: a dopant's key, and nobelium."""
    dopant = "{kind: dopant, element: Al, on: Mg, count: 2}"
    override = f"generation.0={{kind: ionic, defects: [{dopant}], charges: {{No: 3}}}}"
    (section,) = read_document(EXAMPLE, (override,))["generation"]
    assert section["defects"][0]["on"] == "Mg"
    assert section["charges"] == {"No": 3}


def test_nobelium_is_a_value_and_still_a_switch() -> None:
    config = PipelineConfig.from_yaml(
        EXAMPLE,
        (
            "generation.0.composition={Au: 0.5, No: 0.5}",
            "generation.0.transforms=[{kind: antisites, elements: [Au, No]}]",
            "exploration.zbl.enabled=No",
        ),
    )
    (section,) = config.generation
    assert section.composition == {"Au": 0.5, "No": 0.5}
    assert section.transforms[0].elements == ("Au", "No")
    assert config.exploration.zbl.enabled is False


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("exploration", "--set exploration: should read a.b=value"),
        ("=3", "--set =3: should read a.b=value"),
        ("generation.5.kind=alloy", "'5' is not an item of the list (0 to 0)"),
        ("generation[5].kind=alloy", "'5' is not an item of the list (0 to 0)"),
        ("seed.x=1", "--set seed.x=1: seed is 42, not a section"),
        ("seed.x.y=1", "--set seed.x.y=1: seed.x lies inside a value, not a section"),
        ("seed=[1", "--set seed=[1: line 1, column 3 is not valid YAML"),
    ],
)
def test_override_that_does_not_fit(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_document(EXAMPLE, (override,))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds nothing; a mapping with name, generation, … is needed"),
        ("- a\n", "holds a list; a mapping with name, generation, … is needed"),
        ("a: 1\na: 2\n", "line 2, column 1 is not valid YAML (key 'a' is given twice)"),
        ("a: {b\n", "is not valid YAML"),
        ("a: !!python/object/apply:os.system [true]\n", "could not determine a constructor"),
        ("a: \x00", "is not valid YAML"),
    ],
)
def test_file_that_is_no_config(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_document(path)
    assert len(caught.value.faults) == 1
    assert message in str(caught.value)


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read \(No such file or directory\)"):
        read_document(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        read_document(tmp_path)
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not a text file in UTF-8"):
        read_document(binary)


def test_content_key_ignores_order_and_tells_values_apart() -> None:
    assert content_key({"a": 1, "b": [1.0]}) == content_key({"b": [1.0], "a": 1})
    assert content_key("ab", "c") != content_key("a", "bc")
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("nan")})
