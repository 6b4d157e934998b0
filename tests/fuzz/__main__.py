"""`make fuzz`: every target, or those named, for a bounded time.

The inputs that broke something are in build/fuzz/TARGET/, next to the corpus that has grown.
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

from tests.fuzz.targets import TARGETS, Target

SECONDS = 60
# Seconds for one input: what takes longer is a fault like any other.
SLOWEST = 20
MEGABYTES = 2_048

_BUILD = Path(__file__).parents[2] / "build" / "fuzz"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], help="default: all")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for each target")
    given = parser.parse_args()
    failed = [name for name in given.targets or TARGETS if not _fuzz(name, given.seconds)]
    for name in failed:
        found = ", ".join(str(path) for path in _artifacts(name)) or "no input was saved"
        print(f"{name}: FAILED; {found}")
    return 1 if failed else 0


def _fuzz(name: str, seconds: int) -> bool:
    target = TARGETS[name]
    folder = _BUILD / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    _plant(target, corpus)
    print(f"{name}: {seconds} s", flush=True)
    options = {
        "max_total_time": seconds,
        "max_len": target.longest,
        "timeout": SLOWEST,
        "rss_limit_mb": MEGABYTES,
        "artifact_prefix": f"{folder}/",
        "print_final_stats": 1,
        "verbosity": 0,
    }
    told = subprocess.run(
        [
            *(sys.executable, "-m", "tests.fuzz.one", name),
            *(f"-{option}={value}" for option, value in options.items()),
            str(corpus),
        ],
        check=False,
        # A search that does not end by itself is ended.
        timeout=seconds + 10 * SLOWEST,
    )
    return told.returncode == 0


def _plant(target: Target, corpus: Path) -> None:
    for seed in target.corpus():
        (corpus / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed[: target.longest])


def _artifacts(name: str) -> list[Path]:
    return sorted(path for path in (_BUILD / name).iterdir() if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
