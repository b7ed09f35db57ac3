"""Which node types there are, and how that travels as data."""

import types
from typing import Annotated

import msgpack
import pytest
from pydantic import Field

from graph.errors import DeclarationError
from graph.node import node
from graph.registry import Catalogue, Registry


@node("Add", title="Add", category="maths")
def add(a: Annotated[int, Field(ge=0, description="First.")] = 1, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


def registry() -> Registry:
    return Registry([add.__node__], replacements={"OldAdd": "Add"})


def test_a_replaced_type_is_found_under_its_old_name() -> None:
    assert registry().get("OldAdd") is registry().get("Add")
    found = registry().catalogue.find("OldAdd")
    assert found is not None
    assert found.id == "Add"


def test_an_unknown_type_is_not_found() -> None:
    assert registry().catalogue.find("Nothing") is None
    with pytest.raises(KeyError):
        registry().get("Nothing")


def test_the_same_id_twice_is_refused_and_names_both_places() -> None:
    with pytest.raises(DeclarationError, match=f'"Add" of {__name__} is already declared by {__name__}'):
        Registry([add.__node__, add.__node__])


def test_a_catalogue_survives_the_wire() -> None:
    catalogue = registry().catalogue
    again = Catalogue.from_data(msgpack.unpackb(msgpack.packb(catalogue.to_data())))
    assert again == catalogue
    assert again.digest == catalogue.digest


def test_the_digest_tells_catalogues_apart() -> None:
    changed = add.__node__.spec.model_copy(update={"version": 2})
    assert Catalogue({"Add": changed}).digest != Catalogue({"Add": add.__node__.spec}).digest


def test_a_module_gives_what_it_declares_and_not_what_it_imports() -> None:
    module = types.ModuleType("elsewhere")
    module.add = add  # type: ignore[attr-defined]
    assert Registry.from_modules([module]).catalogue.specs == {}
    own = types.ModuleType(__name__)
    own.add = add  # type: ignore[attr-defined]
    assert list(Registry.from_modules([own]).catalogue.specs) == ["Add"]
