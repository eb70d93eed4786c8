"""Figures against a world: speed, planning, contrast."""
