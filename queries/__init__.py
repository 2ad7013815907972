"""The questions: a catalogue of named SPARQL queries, and the rules that derive what follows from the facts."""
