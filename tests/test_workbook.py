"""The author's workbook: what is written is read again whole, and what is wrong is said, with its sheet and cell."""

import io
from pathlib import Path

import openpyxl
import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidensgraf.graph.draft import Place, read_draft
from evidensgraf.graph.workbook import read_workbook
from evidensgraf.graph.workbook_fill import fill
from evidensgraf.graph.workbook_layout import layout
from evidensgraf.graph.workbook_names import known_names
from evidensgraf.graph.workbook_problems import WorkbookError
from evidensgraf.graph.workbook_write import template, write_workbook
from evidensgraf.ontology.namespaces import EV, ID, LANGUAGES, expand

DRAFTS = Path(__file__).parent / "drafts"
RECOMMENDATION = ID + "recommendation/exempel-erbjud-exempelinsats"


@pytest.fixture(scope="module")
def example():
    return {lang: template(lang) for lang in LANGUAGES}


def triples(quads):
    return {(q.subject, q.predicate, q.object) for q in quads}


def workbook(**sheets):
    """Return a workbook with sheets of rows; the first row of each is its header."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(row)
    return saved(book)


def saved(book):
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def problems(data):
    with pytest.raises(WorkbookError) as error:
        read_workbook("utkast.xlsx", data)
    return {(p.sheet, p.cell): p for p in error.value.problems}


def objects(draft, subject, predicate):
    return [
        q.object.value for q in draft.quads if q.subject.value == subject and q.predicate.value == expand(predicate)
    ]


# The layout


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_column_has_a_header_of_its_own_and_an_explanation(lang):
    for sheet in layout().sheets:
        headers = [c.header(lang).casefold() for c in sheet.columns]
        assert len(set(headers)) == len(headers), sheet.name
        assert [c.header(lang) for c in sheet.columns if not c.note[lang].strip()] == [], sheet.name
        borrowed = [c.header(lang) for c in sheet.columns if c.kind != "id" and c.note == layout().texts["id-note"]]
        assert borrowed == [], sheet.name
        assert len(sheet.titles[lang]) <= 31


def test_columns_are_of_properties_of_the_ontology_and_take_its_classes():
    declared = set(known_names().labels)
    for sheet in layout().sheets:
        for column in sheet.columns:
            if column.property.startswith(EV):
                assert column.property in declared, column.property
            assert all(c in declared or not c.startswith(EV) for c in column.classes), column.classes


# The template


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_example_of_the_template_is_read_whole_and_conforms(example, lang, checker):
    draft = read_workbook("mall.xlsx", example[lang])
    assert draft.workbook and draft.language == lang
    other = openpyxl.load_workbook(io.BytesIO(example[lang]))[layout().texts["other"]["title"][lang]]
    assert other.max_row == 3, "every fact of the example has a column"
    report = checker.check(draft)
    assert report["counts"]["violation"] == 0, report["groups"]
    found = {result["rule"] for group in report["groups"] for result in group["results"]}
    assert found <= {"R05"}, "an author has no passage that has been found in the text of its source"


def test_the_example_is_the_same_in_both_languages(example):
    swedish, english = (read_workbook("mall.xlsx", example[lang]).quads for lang in LANGUAGES)
    assert triples(swedish) == triples(english)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_template_has_lists_notes_words_for_what_is_required_and_frozen_headers(example, lang):
    book = openpyxl.load_workbook(io.BytesIO(example[lang]))
    sheet = layout().sheet("statements")
    page = book[sheet.titles[lang]]
    headers = {cell.value: cell for cell in page[3]}
    effect = next(c for c in sheet.columns if c.property == EV + "effect")
    head = headers[effect.header(lang)]
    assert effect.note[lang] in head.comment.text
    assert page.cell(4, head.column).value == {"sv": "obligatorisk för resultat", "en": "required for finding"}[lang]
    comparator = headers[{"sv": "Jämförelse", "en": "Comparator"}[lang]]
    assert page.cell(4, comparator.column).value == {"sv": "granskas av regel R20", "en": "checked by rule R20"}[lang]
    assert "R20: " in comparator.comment.text
    rule = next(r for r in page.data_validations.dataValidation if f"{head.column_letter}10" in r.sqref)
    sheet_name, where = next(book.defined_names[rule.formula1].destinations)
    listed = [cell.value for row in book[sheet_name][where] for cell in row]
    effects = {known_names().label(iri, lang) for iri in known_names().members([EV + "Effect"])}
    assert set(listed) == effects and len(effects) > 5
    assert page.freeze_panes.endswith("5") and page.print_title_rows and page.page_setup.orientation == "landscape"
    assert book[sheet_name].sheet_state == "hidden" and book[sheet_name].protection.sheet


def test_the_empty_template_is_not_a_draft():
    found = problems(template("sv", example=False))
    assert [p.key for p in found.values()] == ["empty"]


def test_places_lead_to_cells_also_to_the_empty_ones(example):
    draft = read_workbook("mall.xlsx", example["sv"])
    book = openpyxl.load_workbook(io.BytesIO(example["sv"]))

    def value(place):
        return book[place.sheet][place.cell].value

    assert value(draft.places[RECOMMENDATION]) == "Exempel: erbjud exempelinsatsen"
    assert value(draft.place_of(RECOMMENDATION, EV + "strength")) == "bör"
    assert value(draft.place_of(RECOMMENDATION, EV + "discordanceRationale")) is None
    assert draft.place_of(RECOMMENDATION + "#line-1", EV + "direction").sheet == "Evidens"
    assert draft.place_of(ID + "source/exempel-riktlinje", EV + "updatePlan").sheet == "Riktlinje"
    assert draft.places[RECOMMENDATION, EV + "hasEvidenceLine"] == Place(sheet="Evidens", cell="A5")


# Reading


def test_values_are_recognised_by_label_in_either_language_by_name_and_by_address():
    rows = [
        ["Rubrik (svenska)", "Title (English)", "Styrka", "Insats", "Utfärdare"],
        ["A", "A", "bör", "Bostad först", "Socialstyrelsen"],
        ["B", "B", "should", "intervention/bostad-forst", "organisation/socialstyrelsen; organisation/ifau"],
        ["C", "C", "ev:Should", ID + "intervention/bostad-forst", "Socialstyrelsen\nIFAU"],
        ["D", "D", "Should", "bostad-forst", " socialstyrelsen "],
    ]
    draft = read_workbook("utkast.xlsx", workbook(Rekommendationer=rows))
    for slug in "abcd":
        iri = ID + f"recommendation/{slug}"
        assert objects(draft, iri, "ev:strength") == [EV + "Should"]
        assert objects(draft, iri, "ev:intervention") == [ID + "intervention/bostad-forst"]
        assert ID + "organisation/socialstyrelsen" in objects(draft, iri, "ev:issuer")


def test_everything_that_is_wrong_is_said_at_once_with_its_place_and_what_was_meant():
    data = workbook(
        Rekommendationer=[
            ["Rubrik (svenska)", "Styrka", "Prioritet", "Effekf", "Insats"],
            ["A", "böra", "tre", None, "Bostad förs"],
            ["A", "bör", 3, None, None],
            [None, "bör", None, None, None],
        ],
        Källor=[["Titel (svenska)", "Utgivningsår"], ["K", "i fjol"]],
        Evidenz=[["x"]],
    )
    found = problems(data)
    assert {place: p.key for place, p in found.items()} == {
        ("Rekommendationer", "D1"): "header-unknown",
        ("Rekommendationer", "B2"): "unknown-concept",
        ("Rekommendationer", "C2"): "integer",
        ("Rekommendationer", "E2"): "unknown",
        ("Rekommendationer", "A3"): "twice",
        ("Rekommendationer", "A4"): "nameless",
        ("Källor", "B2"): "year",
        ("Evidenz", ""): "sheet-name",
    }
    assert "”bör”" in found["Rekommendationer", "B2"].message("sv")
    assert "Bostad först" in found["Rekommendationer", "E2"].message("sv")
    assert "“Evidens”" in found["Evidenz", ""].message("en")
    assert "cell" in found["Rekommendationer", "A3"].values and "A2" in found["Rekommendationer", "A3"].message("en")


@pytest.mark.parametrize(
    ("header", "given", "term"),
    [
        ("Antal deltagare", "1 200", '"1200"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("Antal deltagare", 1200.0, '"1200"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("Period från", 2020, '"2020"^^<http://www.w3.org/2001/XMLSchema#gYear>'),
        ("Period från", "2020-05", '"2020-05"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>'),
        ("Period till", "2020-02-29", '"2020-02-29"^^<http://www.w3.org/2001/XMLSchema#date>'),
    ],
)
def test_numbers_and_dates(header, given, term):
    data = workbook(Studier=[["Benämning (svenska)", header], ["Studien", given]])
    assert term in {str(q.object) for q in read_workbook("utkast.xlsx", data).quads}


@pytest.mark.parametrize(
    ("given", "shown", "value"), [("1,4", "", "1.4"), (0.58, "0%", "58.0"), (-0.1, "", "-0.1"), ("−2", "", "-2.0")]
)
def test_decimals_with_a_comma_a_percentage_and_a_minus_sign(given, shown, value):
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Påståenden"
    page.append(["Slag av påstående", "Rubrik (svenska)", "Värdet"])
    page.append(["resultat", "R", given])
    page["C2"].number_format = shown or "General"
    draft = read_workbook("utkast.xlsx", saved(book))
    assert objects(draft, ID + "finding/r#magnitude-1", "ev:value") == [value]


def test_rows_of_one_line_are_one_argument_and_must_agree():
    header = ["Rekommendation", "Linje", "Riktning", "Påstående"]
    rows = (
        [["Rubrik (svenska)"], ["R"]],
        [["Slag av påstående", "Rubrik (svenska)"], ["resultat", "F"], ["resultat", "G"]],
    )
    lines = [header, ["R", 1, "stöder", "F"], ["R", 1, None, "G"], ["R", None, "neutral", "F"]]
    draft = read_workbook("u.xlsx", workbook(Rekommendationer=rows[0], Påståenden=rows[1], Evidens=lines))
    iri = ID + "recommendation/r"
    assert sorted(objects(draft, iri, "ev:hasEvidenceLine")) == [f"{iri}#line-1", f"{iri}#line-2"]
    assert sorted(objects(draft, f"{iri}#line-1", "ev:hasEvidenceItem")) == [ID + "finding/f", ID + "finding/g"]
    lines[2][2] = "talar emot"
    found = problems(workbook(Rekommendationer=rows[0], Påståenden=rows[1], Evidens=lines))
    assert {place: p.key for place, p in found.items()} == {("Evidens", "C3"): "row-differs"}


# Without loss


XSD = expand("xsd:integer").removesuffix("integer")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    [
        "=1+1",
        "@SUM(A1)",
        "-2",
        "+46",
        "\tx",
        "a\r\nb",
        "_x000D_",
        "räksmörgås\nÅÄÖ",
        "a; b",
        "  ",
        "",
        "TRUE",
        "12",
        "#x",
    ]
)
PROPERTIES = sorted({c.property for s in layout().sheets for c in s.columns if c.property})
LITERALS = (
    st.builds(ox.Literal, TEXTS)
    | st.builds(lambda t, lang: ox.Literal(t, language=lang), TEXTS, st.sampled_from(["sv", "en", "no"]))
    | st.builds(
        lambda t, d: ox.Literal(t, datatype=ox.NamedNode(XSD + d)),
        st.sampled_from(["1", "01", "1.0", "1.50", "2020", "2020-05-31", "true", "x", "0.1", "P1Y"]),
        st.sampled_from(["integer", "decimal", "date", "gYear", "boolean", "duration"]),
    )
)
SUBJECTS = st.sampled_from(
    [
        ID + name + part
        for name in ("recommendation/r", "finding/f", "source/s", "source/g", "intervention/i", "study/s", "place/p")
        for part in ("", "#line-1", "#line-9", "#passage", "#passage-start", "#importance-1", "#x")
    ]
)
OBJECTS = (
    st.builds(ox.NamedNode, SUBJECTS | st.sampled_from([EV + "Should", "https://a.example/b", "urn:x"])) | LITERALS
)
TYPES = [EV + n for n in ("Recommendation", "Finding", "Source", "Guideline", "EvidenceLine", "Intervention", "Study")]
QUADS = st.lists(
    st.builds(
        lambda s, p, o: ox.Quad(ox.NamedNode(s), ox.NamedNode(p), o),
        SUBJECTS,
        st.sampled_from([*PROPERTIES, expand("ev:hasEvidenceLine"), "http://a.example/p"]),
        OBJECTS,
    )
    | st.builds(
        lambda s, o: ox.Quad(ox.NamedNode(s), ox.NamedNode(expand("rdf:type")), ox.NamedNode(o)),
        SUBJECTS,
        st.sampled_from(TYPES),
    ),
    min_size=1,
    max_size=40,
)


@given(quads=QUADS, lang=st.sampled_from(LANGUAGES))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_draft_comes_back_from_a_workbook_without_loss(quads, lang):
    filled = fill("utkast", quads, lang, known_names())
    assert triples(read_workbook("u.xlsx", bare(filled, lang)).quads) == triples(quads)


def bare(filled, lang):
    """Return tables as a workbook without looks and lists, which take most of the time."""
    from evidensgraf.graph.workbook_write import put

    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in layout().sheets:
        page = book.create_sheet(sheet.titles[lang])
        for i, column in enumerate(sheet.columns):
            if sheet.form:
                put(page.cell(i + 1, 1), column.labels[lang], page.title)
            else:
                put(page.cell(1, i + 1), column.header(lang), page.title)
        for n, row in enumerate(filled.rows[sheet.name], 2):
            for i, content in row.items():
                place = (i + 1, 3 if sheet.columns[i].language == "en" else 2) if sheet.form else (n, i + 1)
                put(page.cell(*place), content, page.title)
    page = book.create_sheet(layout().texts["other"]["title"][lang])
    for n, row in enumerate([[h[lang] for h in layout().texts["other"]["headers"]], *filled.other], 1):
        for i, text in enumerate(row, 1):
            put(page.cell(n, i), text, page.title)
    return saved(book)


def test_a_real_draft_comes_back_from_a_whole_workbook_and_from_excel_again(example):
    draft = read_workbook("mall.xlsx", example["sv"])
    more = [
        ox.Quad(
            ox.NamedNode(RECOMMENDATION),
            ox.NamedNode(expand("ev:caveat")),
            ox.Literal("=1+1\nÅäö " * 900, language="sv"),
        ),
        ox.Quad(
            ox.NamedNode(RECOMMENDATION),
            ox.NamedNode(expand("ev:editorialNote")),
            ox.Literal("@SUM(A1)", language="sv"),
        ),
    ]
    book = openpyxl.load_workbook(io.BytesIO(write_workbook("u", [*draft.quads, *more], "en")))
    again = read_workbook("u.xlsx", saved(book))
    assert triples(again.quads) == triples([*draft.quads, *more])


@pytest.mark.parametrize("path", sorted(DRAFTS.glob("*.ttl")), ids=lambda path: path.stem)
def test_the_drafts_that_checks_are_tried_on_come_back_from_a_workbook(path):
    draft = read_draft(path.name, path.read_bytes())
    again = read_workbook("utkast.xlsx", write_workbook("utkast", draft.quads, "sv"))
    assert triples(again.quads) == triples(draft.quads)


def test_no_cell_of_a_written_workbook_is_a_formula():
    quads = [
        ox.Quad(ox.NamedNode(ID + "recommendation/r"), ox.NamedNode(expand(p)), o)
        for p, o in (
            ("rdf:type", ox.NamedNode(EV + "Recommendation")),
            ("dcterms:title", ox.Literal('=HYPERLINK("https://a.example")', language="sv")),
            ("ev:editorialNote", ox.Literal("+cmd|' /C calc'!A0", language="sv")),
        )
    ]
    book = openpyxl.load_workbook(io.BytesIO(write_workbook("u", quads, "sv")))
    cells = [c for page in book for row in page.iter_rows() for c in row if c.value is not None]
    assert {c.data_type for c in cells} <= {"s", "n"}
    dangerous = [c for c in cells if str(c.value)[:1] in "=+@"]
    assert len(dangerous) == 2 and all(c.quotePrefix for c in dangerous)


def test_what_has_no_address_cannot_be_written():
    with pytest.raises(ValueError, match="no IRI"):
        fill("u", [ox.Quad(ox.BlankNode("b"), ox.NamedNode(EV + "x"), ox.Literal("y"))], "sv", known_names())
