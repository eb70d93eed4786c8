"""Measurements of the answerer: `orrery bench ingest | retrieval | refusal | answers`."""
