"""The facts: the curated data, how a release is built from it, and the engine that answers queries over a release."""
