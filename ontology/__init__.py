"""The words: the OWL ontology, the controlled schemes, the JSON-LD context, and the checks a reasoner makes."""
