"""The tree that forms are drawn from, read from the config models."""

from typing import get_args

import pytest
from pydantic import BaseModel

from mlip_autopipec.config import PipelineConfig
from mlip_autopipec.config.generation import GeneratorConfig
from mlip_autopipec.config.generation.alloy import AlloyConfig
from mlip_autopipec.ui.schema import (
    Choice,
    Field,
    Node,
    Required,
    Row,
    Scalar,
    Section,
    Several,
    Table,
    Variants,
    section_of,
)


def _field(node: Node, name: str) -> Field:
    assert isinstance(node, Section)
    (found,) = (field for field in node.fields if field.name == name)
    return found


ROOT = section_of(PipelineConfig)
EXPLORATION = _field(ROOT, "exploration").node


def test_what_a_model_adds_to_its_bases_comes_first() -> None:
    names = [field.name for field in section_of(AlloyConfig).fields]
    assert sorted(names) == sorted(AlloyConfig.model_fields.keys() - {"kind"})
    places = [names.index(name) for name in ("composition", "supercell", "n_structures")]
    assert places == sorted(places)
    assert names.index("lattice") < names.index("supercell") < names.index("transforms")


def test_every_field_of_every_model_is_in_the_tree() -> None:
    seen: set[type[BaseModel]] = set()

    def walk(node: Node) -> None:
        if isinstance(node, Section) and node.model not in seen:
            seen.add(node.model)
            named = {field.name for field in node.fields}
            assert set(node.model.model_fields) - named <= {"kind"}
            for field in node.fields:
                walk(field.node)
        elif isinstance(node, Variants):
            for section in node.sections.values():
                walk(section)
        elif isinstance(node, Several):
            walk(node.item)
        elif isinstance(node, Table):
            walk(node.value)

    walk(ROOT)
    assert set(get_args(get_args(GeneratorConfig)[0])) <= seen


def test_bounds_units_help_and_defaults_come_from_the_fields() -> None:
    timestep = _field(EXPLORATION, "timestep_fs")
    assert isinstance(timestep.node, Scalar)
    assert (timestep.node.kind, timestep.node.bounds) == ("float", "above 0 to 10")
    assert (timestep.label(), timestep.unit, timestep.default) == ("Timestep (fs)", "fs", 2.0)
    assert timestep.description == "Timestep in fs."
    assert _field(ROOT, "name").default is Required


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("calculator", Variants),
        ("monte_carlo", Variants),
        ("ensemble", Choice),
        ("temperature_K", Several),
        ("guards", Section),
    ],
)
def test_shapes_of_the_exploration(name: str, kind: type[Node]) -> None:
    assert isinstance(_field(EXPLORATION, name).node, kind)


def test_null_is_known_where_it_is_allowed() -> None:
    assert _field(EXPLORATION, "monte_carlo").nullable
    assert not _field(EXPLORATION, "n_steps").nullable


@pytest.mark.parametrize(
    ("name", "short", "full"),
    [
        ("temperature_K", 300, [{"start": 300.0, "end": 300.0}]),
        ("temperature_K", {"start": 300, "end": 900}, [{"start": 300.0, "end": 900.0}]),
        ("n_steps", "many", None),
        ("calculator", {"kind": "emt"}, {"kind": "emt"}),
        ("calculator", {"kind": "unknown"}, None),
    ],
)
def test_shorthands_are_written_out(name: str, short: object, full: object) -> None:
    assert _field(EXPLORATION, name).node.fitted(short) == full


def test_a_number_out_of_bounds_keeps_its_shape() -> None:
    assert _field(EXPLORATION, "timestep_fs").node.fitted(40.0) == 40.0


def test_vectors_have_their_length() -> None:
    (alloy,) = (s for k, s in _field(ROOT, "generation").node.item.sections.items() if k == "alloy")
    supercell = _field(alloy, "supercell").node
    assert isinstance(supercell, Row)
    assert supercell.takes([2, 2, 2])
    assert not supercell.takes([2, 2])
