"""Workbooks made to harm: each gets a clear error, or is treated as text, within bounds of time and memory."""

import io
import zipfile

import openpyxl
import pytest

from evidensgraf.graph import workbook_package as package
from evidensgraf.graph.workbook import read_workbook
from evidensgraf.graph.workbook_problems import MAX_PROBLEMS, WorkbookError
from evidensgraf.ontology.namespaces import ID, expand

HEADER = ["Rubrik (svenska)", "Rubrik (engelska)", "Utfärdare"]
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture(scope="module")
def plain():
    return made([["Rubrik", "Title", "IFAU"]])


def made(rows, title="Rekommendationer"):
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet(title)
    for row in [HEADER, *rows]:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(data, **parts):
    """Return a workbook with parts added, or changed by a function of their content."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            change = parts.pop(name, None)
            content = old.read(name)
            new.writestr(name, change(content) if callable(change) else content if change is None else change)
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def keys(data, name="utkast.xlsx"):
    with pytest.raises(WorkbookError) as error:
        read_workbook(name, data)
    assert all(p.message("sv") and p.message("en") and "{" not in p.message("sv") for p in error.value.problems)
    return {p.key for p in error.value.problems}


def test_what_is_no_archive_is_said_so(plain):
    assert keys(b"PK\x03\x04 not a zip") == {"not-zip"}
    assert keys(b"") == {"not-zip"}
    assert keys(plain[: len(plain) // 2]) == {"not-zip"}
    assert keys(b"\xd0\xcf\x11\xe0" + b"\0" * 600) == {"old-format"}


def test_every_cut_and_every_flipped_byte_is_an_error_or_a_draft(plain):
    for step in range(1, 60):
        at = len(plain) * step // 60
        for data in (plain[:at], plain[:at] + bytes([plain[at] ^ 0xFF]) + plain[at + 1 :]):
            try:
                read_workbook("utkast.xlsx", data)
            except WorkbookError as error:
                assert error.reasons["sv"] and error.reasons["en"]


def test_a_zip_bomb_is_not_unpacked(plain, monkeypatch):
    bomb = changed(plain, **{SHEET: b" " * (package.SMALL * 8)})
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("unpacked"))
    assert keys(bomb) == {"ratio"}
    assert keys(changed_size(bomb)) == {"unpacked"}


def changed_size(bomb):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for i in range(7):
            new.writestr(f"{i}.xml", bytes(range(64)) * (package.MAX_UNPACKED // 64 // 6))
    return out.getvalue()


def test_a_part_that_unpacks_to_more_than_it_says_is_damaged(plain):
    data = bytearray(changed(plain, **{SHEET: b"<worksheet>" + b" " * 100_000}))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        size = archive.getinfo(SHEET).file_size.to_bytes(4, "little")
    assert keys(bytes(data).replace(size, (100).to_bytes(4, "little"))) <= {"damaged", "not-zip"}


def test_too_many_parts(plain):
    assert keys(changed(plain, **{f"x{i}.txt": b"" for i in range(package.MAX_ENTRIES + 1)})) == {"entries"}


def test_macros_and_binary_workbooks_are_refused(plain):
    assert keys(changed(plain, **{"xl/vbaProject.bin": b"x"})) == {"macros"}
    types = {"[Content_Types].xml": lambda c: c.replace(b"sheet.main+xml", b"sheet.macroEnabled.main+xml")}
    assert keys(changed(plain, **types), "utkast.xlsm") == {"macros"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_any_encoding(plain, encoding):
    doctype = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]>'
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}<x>&b;</x>'
    for part in (SHEET, "xl/workbook.xml", "xl/styles.xml"):
        assert keys(changed(plain, **{part: xml.encode(encoding)})) == {"doctype"}


def test_entities_in_an_encoding_that_hides_them_are_not_expanded(plain):
    xml = '<?xml version="1.0" encoding="cp037"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'
    assert keys(changed(plain, **{SHEET: xml.encode("cp037")})) == {"damaged"}


def test_a_hundred_thousand_rows_are_not_all_read(plain):
    row = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>Rubrik {0}</t></is></c></row>'
    rows = "".join(row.format(n) for n in range(3, 100_003)).encode()
    data = changed(plain, **{SHEET: lambda c: c.replace(b"</sheetData>", rows + b"</sheetData>")})
    with pytest.raises(WorkbookError) as error:
        read_workbook("utkast.xlsx", data)
    (problem,) = [p for p in error.value.problems if p.key == "rows"]
    assert (problem.sheet, problem.cell) == ("Rekommendationer", f"A{package.MAX_ROWS + 1}")
    assert f"rad {package.MAX_ROWS + 1}" in problem.message("sv")


def test_a_row_far_below_is_not_lost_and_a_false_number_of_one_ends_the_reading(plain):
    def row(number):
        return {
            SHEET: lambda c: c.replace(
                b"</sheetData>",
                b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>Sist</t></is></c></row></sheetData>' % (number, number),
            )
        }

    draft = read_workbook("utkast.xlsx", changed(plain, **row(900_000)))
    assert ID + "recommendation/sist" in {q.subject.value for q in draft.quads}
    assert keys(changed(plain, **row(10**12))) <= {"rows", "damaged"}


def test_too_many_columns_sheets_and_long_texts():
    assert "columns" in keys(made([["x"] * 200]))
    book = openpyxl.Workbook()
    for i in range(package.MAX_SHEETS + 1):
        book.create_sheet(f"#{i}")
    out = io.BytesIO()
    book.save(out)
    assert keys(out.getvalue()) == {"sheets"}
    assert keys(
        changed(made([["Rubrik", "Title", "IFAU"]]), **{SHEET: lambda c: c.replace(b"Title", b"x" * 40_000)})
    ) == {"long"}


def test_a_formula_is_refused_and_what_looks_like_one_is_text():
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Rekommendationer"
    page.append(HEADER)
    page.append(['=HYPERLINK("https://a.example","x")', "=cmd|' /C calc'!A0", "IFAU"])
    page["B2"].data_type = "s"
    out = io.BytesIO()
    book.save(out)
    assert keys(out.getvalue()) == {"formula"}
    page["A2"].data_type = "s"
    out = io.BytesIO()
    book.save(out)
    draft = read_workbook("utkast.xlsx", out.getvalue())
    titles = {q.object.value for q in draft.quads if q.predicate.value == expand("dcterms:title")}
    assert titles == {'=HYPERLINK("https://a.example","x")', "=cmd|' /C calc'!A0"}


def test_html_in_every_field_is_text_or_an_error_that_repeats_it_shortened():
    html = "<script>alert(1)</script>" * 10
    data = made([[html, html, html]])
    with pytest.raises(WorkbookError) as error:
        read_workbook("utkast.xlsx", data)
    (problem,) = error.value.problems
    assert problem.key == "unknown" and len(problem.message("sv")) < 300


def test_broken_encodings(plain):
    assert keys(changed(plain, **{SHEET: lambda c: c.replace(b"Title", b"\xff\xfe\xe5")})) == {"damaged"}


def test_a_workbook_that_is_wrong_everywhere_ends_in_a_bounded_list():
    data = made([["", "", f"okänd organisation nummer {i}"] for i in range(2000)])
    with pytest.raises(WorkbookError) as error:
        read_workbook("utkast.xlsx", data)
    assert len(error.value.problems) == MAX_PROBLEMS


def test_links_to_other_workbooks_are_dropped_and_strange_sheets_left(plain):
    assert read_workbook(
        "utkast.xlsx", changed(plain, **{"xl/externalLinks/externalLink1.xml": b"<externalLink/>"})
    ).quads
    assert keys(made([["x"]], title="Något annat helt")) == {"not-template"}
