"""The rules: SHACL shapes for the graph, and validation with a fast and a reference engine."""
