"""`make bench`: print what the pipeline costs beside bare extraction.

    make bench                                     over generated pages
    make bench ARGS="--farm http://127.0.1.1:8099" over a farm that runs already (GET /_list)

The ratio depends on the pages: what is around extraction costs about the same for any page, and
extraction least for regular ones, as the generated are. Real pages are the measure.
"""

import argparse
import json

from tests.bench.overhead import measure


def main() -> None:
    """Measure and print; with --at-most, fail where the pipeline costs more."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--farm", help="address of a farm; by default one of generated pages")
    parser.add_argument("--at-most", type=float, help="the ratio above which the exit status is 1")
    arguments = parser.parse_args()
    overhead = measure(arguments.farm)
    print(json.dumps(overhead.as_dict(), indent=1))
    if arguments.at_most is not None and overhead.ratio > arguments.at_most:
        raise SystemExit(f"the pipeline costs {overhead.ratio:.2f} × bare extraction")


if __name__ == "__main__":
    main()
