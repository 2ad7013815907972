"""The questions that the graph must answer: each has a query, and the query has a golden result."""

import re
from pathlib import Path

import pytest

from evidensgraf.queries.catalogue import load
from tests import golden

PAGE = Path(__file__).parent.parent / "docs" / "competency-questions.md"
ROWS = [line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if "`" in line]
QUESTIONS = [(row[-2], re.findall(r"`([a-z-]+)`", row[-1])) for row in ROWS if row[-1].startswith("`")]


def test_there_are_twenty_and_at_least_twenty_more():
    numbered = [row[0] for row in ROWS if row[0].isdigit()]
    assert numbered == [str(n) for n in range(1, 21)]
    assert len(QUESTIONS) >= 40


@pytest.mark.parametrize(("question", "queries"), QUESTIONS)
def test_a_question_has_a_query_with_a_golden_result(question, queries):
    assert queries
    for name in queries:
        assert name in load(), name
        stems = [stem for stem, query, _ in golden.cases() if query == name]
        assert all((golden.DIRECTORY / (stem + golden.suffix(name))).exists() for stem in stems)
