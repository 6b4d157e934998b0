"""One target, fuzzed in this process: `python -m tests.fuzz.one TARGET LIBFUZZER-OPTION…`."""

import sys

import atheris

# Only what is ours or parses strangers' bytes guides the search; the rest would drown it.
with atheris.instrument_imports(include=["ingest", "feedparser"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    name = sys.argv.pop(1)
    # What is loaded at first use must not count as a slow input.
    TARGETS[name].check(next(TARGETS[name].corpus()))
    atheris.Setup(sys.argv, TARGETS[name].check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
