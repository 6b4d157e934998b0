"""Coverage-guided fuzzing of what strangers' bytes meet first, by atheris: `make fuzz`.

Not part of the tests, which need no atheris: what it finds becomes a test of the module at fault.
"""
