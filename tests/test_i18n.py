"""The texts of the pages in two languages, and how numbers, periods and durations are written."""

import re
from pathlib import Path
from string import Formatter

import pytest

from evidensgraf.ontology.namespaces import PREFIXES
from evidensgraf.service import i18n

SERVICE = Path(i18n.__file__).parent


def test_both_catalogues_have_the_same_keys_and_the_same_places():
    swedish, english = i18n.catalogue("sv"), i18n.catalogue("en")
    assert swedish.keys() == english.keys()
    for key in swedish:
        fields = [{name for _, name, _, _ in Formatter().parse(texts[key]) if name} for texts in (swedish, english)]
        assert fields[0] == fields[1], key


def test_every_text_that_is_asked_for_is_there_and_every_text_is_asked_for():
    code = [f.read_text(encoding="utf-8") for f in SERVICE.glob("*.py")]
    code += [f.read_text(encoding="utf-8") for f in SERVICE.glob("templates/*.html")]
    asked = {key for text in code for key in re.findall(r"""\bt\(\s*['"]([A-Za-z.]+)['"]\s*[,)]""", text)}
    asked |= {key for text in code for key in re.findall(r"""translate\([\w.]*lang, "([A-Za-z.]+)"[,)]""", text)}
    keys = set(i18n.catalogue("sv"))
    assert {key for key in asked if key not in keys and f"{key}.other" not in keys} == set()
    built = ("nav.", "field.", "section.", "listing.", "source.", "svg.count.", "duration.", "unit.", "term.")
    built += ("api.", "checks.", "missing.", "month.", "none.", "ontology.", "problem.help.", "quality.")
    built += ("check.count.", "check.format.", "check.severity.", "compare.", "diff.", "readiness.", "rules.")
    built += ("gapMap.", "impact.", "tensions.")
    forms = {re.sub(r"\.(zero|one|other)$", "", key) for key in keys if not key.startswith(built)}
    quoted = {key for key in forms if any(f"'{key}'" in text or f'"{key}"' in text for text in code)}
    assert forms - asked - quoted == set()


def test_every_name_of_a_foreign_term_has_a_known_prefix():
    for key in i18n.catalogue("sv"):
        if key.startswith("term."):
            assert key.removeprefix("term.").split(":")[0] in PREFIXES


@pytest.mark.parametrize(
    ("value", "sv", "en"),
    [(8, "8", "8"), (-7, "−7", "−7"), (0.5, "0,5", "0.5"), (16700, "16\N{NO-BREAK SPACE}700", "16,700")],
)
def test_numbers_are_written_as_the_language_does(value, sv, en):
    assert (i18n.number(value, "sv"), i18n.number(value, "en")) == (sv, en)


def test_a_period_in_words():
    assert i18n.period("1999-01", "2006-12", "sv") == "januari 1999–december 2006"
    assert i18n.period("2014-08", "2014-08", "en") == "August 2014"
    assert i18n.period("2012", None, "sv") == "från 2012"
    assert i18n.period(None, "2020", "en") == "until 2020"
    assert i18n.period(None, None, "en") == ""


def test_durations_in_words():
    assert i18n.duration("P3Y", "sv") == "3 år"
    assert i18n.duration("P1M", "en") == "1 month"
    assert i18n.duration("PT5H", "en") == "PT5H"


def test_a_missing_text_is_an_error():
    with pytest.raises(i18n.MissingTextError, match="no.such.key"):
        i18n.translate("sv", "no.such.key")
