"""From a world to a model: episodes recorded, recipes, training, probing."""
