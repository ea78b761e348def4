"""Coverage-guided fuzzing of the readers of frames, by atheris: `make fuzz`, or `python -m tools.fuzz`.

What must hold of each reader, and the real frames that the fuzzer begins with, are those of the tests
(`tests.hostile_support`): so this runs from a checkout only. Inputs that fail are written to `tests/corpus`,
where the tests replay them for ever.
"""
