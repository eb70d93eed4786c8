"""Floors and ceilings: what a model's success is read against."""
