"""Negotiation by RFC 9110 §12.5: media types, languages, and what real clients send."""

import time

import pytest

from evidensgraf.service.negotiation import MOST, Variant, choose, choose_language, quality

HTML, TURTLE, NT = Variant("text/html", "html"), Variant("text/turtle", "ttl"), Variant("application/n-triples", "nt")
JSONLD = Variant("application/ld+json", "jsonld", parameters={"profile": "http://www.w3.org/ns/json-ld#compacted"})
RDFXML = Variant("application/rdf+xml", "rdf")
ALL = [HTML, TURTLE, JSONLD, NT, RDFXML]


def name(accept, chosen=None):
    found = choose(accept, ALL, chosen)
    return found and found.name


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "html"),
        ("", "html"),
        ("*/*", "html"),
        ("text/*", "html"),
        ("application/*", "jsonld"),
        ("text/turtle", "ttl"),
        ("TEXT/Turtle", "ttl"),
        ("text/turtle;charset=UTF-8", "ttl"),
        ("text/turtle;charset=utf-16", None),
        ("text/turtle;q=0", None),
        ("*/*;q=0", None),
        ("image/png", None),
        ("text/turtle;q=0.5, application/n-triples;q=0.9", "nt"),
        ("text/*;q=0.9, text/html;q=0.1, application/n-triples;q=0.5", "ttl"),
        ("*/*, text/html;q=0", "ttl"),
        ("text/turtle ; q=0.2 , application/rdf+xml ; q=0.3", "rdf"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#expanded"', None),
        ('application/ld+json;profile="a, b;q=0", text/turtle;q=0.1', "ttl"),
        ("nonsense", "html"),
        ("nonsense, text/turtle", "ttl"),
        ("text/turtle;q=2, application/n-triples;q=0.1", "nt"),
    ],
)
def test_a_media_type_is_chosen_by_weight_then_specificity_then_order(accept, expected):
    assert name(accept) == expected


@pytest.mark.parametrize(
    ("client", "accept", "expected"),
    [
        ("Firefox", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
        ("Chrome", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", "html"),
        ("curl", "*/*", "html"),
        (
            "rdflib",
            "text/turtle, application/rdf+xml, text/n3, application/trig;q=0.9, application/n-quads;q=0.9",
            "ttl",
        ),
        (
            "Jena",
            "text/turtle,application/n-triples;q=0.9,application/ld+json;q=0.8,application/rdf+xml;q=0.7,*/*;q=0.3",
            "ttl",
        ),
        (
            "OWL API",
            "application/rdf+xml, application/xml; q=0.7, text/xml; q=0.6, text/plain; q=0.1, */*; q=0.09",
            "rdf",
        ),
        (
            "Comunica",
            "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,application/n-triples;q=0.8",
            "jsonld",
        ),
    ],
)
def test_what_known_clients_send(client, accept, expected):
    assert name(accept) == expected, client


def test_an_explicit_choice_beats_accept():
    assert name("text/html", "ttl") == "ttl"
    assert name("text/html", "application/rdf+xml") == "rdf"
    assert name("text/html", "pdf") is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("turtle", "ttl"),
        ("json-ld", "jsonld"),
        ("json", "jsonld"),
        ("rdf+xml", "rdf"),
        ("rdf xml", "rdf"),
        ("N3", "ttl"),
    ],
)
def test_the_names_that_sparqlwrapper_writes_are_known(written, expected):
    assert name("*/*", written) == expected


def test_an_alias_is_found_by_its_media_type_only():
    results = [Variant("application/sparql-results+json", "json"), Variant("application/json", "json", alias=True)]
    assert choose("application/json", results) == results[1]
    assert choose(None, results, "json") == results[0]
    assert choose("*/*", results) == results[0]


def test_quality_is_that_of_the_most_specific_range():
    assert quality("text/*;q=0.3, text/html;q=0.7, */*;q=0.5", HTML) == 0.7
    assert quality("text/*;q=0.3, text/html;q=0.7, */*;q=0.5", TURTLE) == 0.3
    assert quality("text/*;q=0.3, text/html;q=0.7, */*;q=0.5", JSONLD) == 0.5


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "sv"),
        ("", "sv"),
        ("*", "sv"),
        ("en", "en"),
        ("en-GB,en;q=0.9,sv;q=0.8", "en"),
        ("sv-SE,sv;q=0.9,en;q=0.8", "sv"),
        ("sv-FI", "sv"),
        ("de", "sv"),
        ("de, en;q=0.1", "en"),
        ("en;q=0.5, *;q=0.9", "sv"),
        ("sv;q=0", "en"),
        ("sv;q=0, en;q=0", "sv"),
        ("*;q=0", "sv"),
        ("EN", "en"),
        ("\x00", "sv"),
    ],
)
def test_a_language_is_looked_up(accept, expected):
    assert choose_language(accept) == expected


def test_an_explicit_language_beats_accept_language():
    assert choose_language("sv", "en") == "en"
    assert choose_language("sv", "en-GB") == "en"
    assert choose_language("sv", "de") is None


def test_a_long_header_is_read_to_its_end():
    assert name("image/png, " * 1000 + "text/turtle") == "ttl"
    assert choose_language("de, " * 3000 + "en") == "en"


@pytest.mark.parametrize("text", ['"\\', '\\"', '"', ';\\"', 'a/b;a="', '"\\"', ',"', ";q", "a/b ,", "*", "-a"])
def test_no_header_takes_long_to_read(text):
    header, started = ("a/b" + text * MOST)[:MOST], time.process_time()
    name(header)
    choose_language(header)
    assert time.process_time() - started < 0.5


def test_a_quotation_that_is_left_open_ends_with_the_header():
    assert name('application/n-triples, text/turtle;a="b, text/html') == "ttl"
