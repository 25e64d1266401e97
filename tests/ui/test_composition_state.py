"""Form and YAML of a config stay in step, whichever side is edited."""

from typing import Any

import pytest

from mlip_autopipec.ui.composition_state import Composition
from mlip_autopipec.ui.document import checked, read, written
from mlip_autopipec.ui.examples import example, example_yaml, kinds

SOURCE = "name: a  # a comment\nexploration: {n_steps: 10}\n"


@pytest.fixture
def composition() -> Composition:
    begun = Composition({})
    begun.begin(SOURCE)
    return begun


def test_a_session_begins_empty_and_keeps_the_users_text(composition: Composition) -> None:
    assert Composition({}).document is None
    assert composition.source == SOURCE
    assert composition.document == {"name": "a", "exploration": {"n_steps": 10}}


def test_the_yaml_follows_the_form(composition: Composition) -> None:
    key = composition.form_key
    assert composition.take_form({"name": "b"})
    assert composition.source == "name: b\n"
    assert composition.form_key == key
    assert composition.baseline["name"] == "a"


def test_a_browser_that_lags_cannot_undo_the_form(composition: Composition) -> None:
    old = composition.yaml_key
    composition.take_form({"name": "b"})
    composition.take_yaml(SOURCE, old)
    assert composition.document == {"name": "b"}
    assert composition.source == "name: b\n"


def test_the_users_own_text_keeps_its_widget(composition: Composition) -> None:
    key = composition.yaml_key
    composition.take_yaml("name: c\n", composition.yaml_key)
    assert composition.yaml_key == key


def test_an_unchanged_form_leaves_the_users_text(composition: Composition) -> None:
    assert not composition.take_form(dict(composition.document or {}))
    assert composition.source == SOURCE


def test_the_form_follows_the_yaml(composition: Composition) -> None:
    key = composition.form_key
    composition.take_yaml("name: c\n", composition.yaml_key)
    assert composition.baseline == composition.document == {"name": "c"}
    assert composition.form_key != key


def test_yaml_that_cannot_be_read_leaves_the_form_and_says_why(composition: Composition) -> None:
    composition.take_yaml("name: [\n", composition.yaml_key)
    assert composition.document == {"name": "a", "exploration": {"n_steps": 10}}
    (fault,) = composition.yaml_faults
    assert fault.startswith("YAML: line 2, column 1 is not valid YAML")
    composition.take_yaml("name: a\n", composition.yaml_key)
    assert composition.yaml_faults == ()


def test_lists_are_changed_from_what_is_there(composition: Composition) -> None:
    def doubled(current: list[Any] | None) -> list[Any]:
        return [*(current or []), {"kind": "emt"}]

    composition.change(("generation",), doubled)
    composition.change(("generation",), doubled)
    assert composition.document is not None
    assert composition.document["generation"] == [{"kind": "emt"}] * 2
    assert read(composition.source) == composition.document


@pytest.mark.parametrize("kind", list(kinds()))
def test_examples_of_all_kinds_are_valid_and_survive_their_yaml(kind: str) -> None:
    document = example(kind)
    _, faults = checked(document)
    assert faults == ()
    assert document["generation"][0]["kind"] == kind
    assert read(written(document)) == document == read(example_yaml(kind))
