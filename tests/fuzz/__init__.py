"""The fuzz of every frame parser: a short run in the suite, a long one by `make fuzz`."""
