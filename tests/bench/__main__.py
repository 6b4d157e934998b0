"""`make bench`: print what the pipeline costs beside bare extraction.

make bench                                     over generated pages
make bench ARGS="--farm http://127.0.1.1:8099" over a farm that runs already (GET /_list)
"""

import argparse
import json

from tests.bench.overhead import measure

# Of the whole pipeline's CPU to bare extraction's: what the service must not cost more than.
MOST = 2.0


def main() -> None:
    """Measure, print, and fail where the pipeline costs too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--farm", help="address of a farm; by default one of generated pages")
    overhead = measure(parser.parse_args().farm)
    print(json.dumps(overhead.as_dict(), indent=1))
    if overhead.ratio > MOST:
        raise SystemExit(f"the pipeline costs {overhead.ratio:.2f} × bare extraction")


if __name__ == "__main__":
    main()
