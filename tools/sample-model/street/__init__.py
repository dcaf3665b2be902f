"""A procedural street: a small world of boxes and polygons, a pinhole camera, weather, and a painter."""
