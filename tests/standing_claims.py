"""What the tests of impact try: things of the graph that lose their standing, and a file of standing claims."""

DELETED = ["socialstyrelsen-2019-nationella-riktlinjer", "rapport-3-missbruk"]
"""A guideline that others relay, and a document that was read."""
TRIED = [
    *(f"source/{slug}" for slug in (*DELETED, "rapport-2-ekonomiskt-bistand", "sbu-2018-hemloshet")),
    "study/sweco-2016-stockholmsjobb",
    "finding/nystartsjobb-vaxjo-arbete-r1",
]
"""What is tried, by kind and slug."""
CLAIM = b"""@prefix ev: <https://w3id.org/evidensgraf/def/> . @prefix dcterms: <http://purl.org/dc/terms/> .
@prefix source: <https://w3id.org/evidensgraf/id/source/> .
source:sbu-2018-hemloshet ev:hasStatus [ ev:standing ev:superseded ; dcterms:date "2026-11" ] ;
  dcterms:isReplacedBy source:sbu-2018-ekonomiskt-bistand .
source:de-vet-2013-case-management ev:hasStatus [ ev:standing ev:corrected ; dcterms:date "2020" ] ,
  [ ev:standing ev:retracted ; dcterms:date "2025-01-31" ] .
"""
"""Two sources with a standing, one of them with two."""
