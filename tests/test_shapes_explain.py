"""Violations as a person meets them: sorted, and explained in a sentence."""

from __future__ import annotations

import doctest
import importlib

from rdflib import Graph

from evidensgraf.ontology.namespaces import BASE, EV, PREFIXES
from evidensgraf.shapes.validate import SHAPE, Violation, explain, labels_of


def test_a_violation_is_explained_in_each_language() -> None:
    iri = f"{BASE}id/finding/x"
    data = f'<{iri}> <{PREFIXES["dcterms"]}title> "Fler"@sv , "More"@en .'
    labels = labels_of(Graph().parse(data=data, format="turtle"))
    messages = {"sv": "Ändra.", "en": "Change."}
    violation = Violation(f"<{iri}>", "ev:effect", f"<{EV}Basis>", SHAPE + "x", "Violation", "C", messages)
    assert explain(violation, labels, "sv") == "”Fler”: Ändra. Här står: ev:Basis."
    assert explain(violation, labels, "en") == "“More”: Change. It says: ev:Basis."
    part = Violation(f"<{iri}#passage>", None, '"tre år"@sv', SHAPE + "x", "Violation", "C", {"sv": "Ändra."})
    assert explain(part, labels, "en") == "“More (#passage)”: Ändra. It says: tre år."
    nobody = Violation("_:", None, None, SHAPE + "x", "Violation", "C", messages)
    assert explain(nobody, {}, "sv") == "”en post utan adress”: Ändra."
    assert explain(nobody, {}, "en") == "“an entry without an address”: Change."


def test_a_message_that_names_what_it_is_about_is_filled_in() -> None:
    labels = {
        f"{BASE}id/source/a": {"sv": "Rapporten", "en": "The report"},
        f"{BASE}id/finding/x": {"sv": "Fler {?value}"},
    }
    messages = {"sv": "{$this} vilar på {?value}, som är indragen. Byt källa.", "en": "Replace {?value}."}
    violation = Violation(
        f"<{BASE}id/finding/x>", None, f"<{BASE}id/source/a>", SHAPE + "R12", "Violation", "C", messages
    )
    assert explain(violation, labels, "sv") == "”Fler {?value}” vilar på ”Rapporten”, som är indragen. Byt källa."
    assert explain(violation, labels, "en") == "Replace “The report”."


def test_violations_sort_by_shape_and_focus() -> None:
    one = Violation("<a>", None, None, "s", "Violation", "C", {})
    two = Violation("<b>", None, "<v>", "s", "Violation", "C", {})
    assert sorted([two, one]) == [one, two]
    assert len({one, two, one}) == 2


def test_doctests() -> None:
    assert doctest.testmod(importlib.import_module("evidensgraf.shapes.validate")).failed == 0
