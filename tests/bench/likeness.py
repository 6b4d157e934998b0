"""What it costs to tell copies, without the database: CPU time, one process.

    python -m tests.bench.likeness

For an article of 700 words of our own making: its fingerprint; its fingerprint and the decision
about one candidate that is an edited copy; and a mix in which three articles of ten have such a
candidate. On a busy machine read them by the yardstick: splitting the same text into words and
joining them again, a hundred times, in the same run. Then the time for hostile texts of 5 MB.
"""

import json
import random
import time
from collections.abc import Callable

from ingest.duplicates.decide import Printing, decide
from ingest.duplicates.fingerprint import fingerprint

WORDS = 700
ARTICLES = 200
SIZE = 5_000_000
COPIES = 0.3

HOSTILE = {
    "words": lambda: "".join(f"word{number} " for number in range(SIZE // 11)),
    "one word": lambda: "word " * (SIZE // 5),
    "no spaces": lambda: "x" * SIZE,
    "Han": lambda: "港口费" * (SIZE // 9),
    "lone marks": lambda: "\u0301" * (SIZE // 2),
    "spaces": lambda: " " * SIZE,
    "sentences": lambda: "A. " * (SIZE // 3),
    "quotes": lambda: ".”" * (SIZE // 4),
}


def articles(count: int, seed: int) -> list[str]:
    """Texts of 700 words: sentences of some twenty, with names, numbers and quotation marks."""
    dice = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = ["".join(dice.choices(letters, k=dice.randint(2, 9))) for _ in range(20_000)]
    texts = []
    for _ in range(count):
        words = dice.choices(vocabulary, k=WORDS)
        for place in range(0, WORDS, 20):
            words[place] = words[place].capitalize()
            words[place + 5] = f"{words[place + 5].capitalize()}’s"
            words[place + 9] = str(dice.randint(1, 5000))
            words[place + 19] += "."
        texts.append(" ".join(words))
    return texts


def edited(text: str) -> str:
    """A copy with a dateline, a few words changed, and its last paragraph left out."""
    words = text.split()[:-60]
    for place in range(30, len(words), 150):
        words[place] = "otherwise"
    return " ".join(["BEIJING", "—", *words])


def milliseconds(do: Callable[[int], object], count: int, rounds: int = 3) -> float:
    """CPU time of one call, the best of so many rounds."""
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        for number in range(count):
            do(number)
        best = min(best, time.process_time() - started)
    return 1000 * best / count


def main() -> None:
    """Print the figures, a line of JSON each."""
    texts = articles(ARTICLES, seed=1)
    copies = [edited(text) for text in texts]

    def alone(number: int) -> None:
        fingerprint("A title", texts[number])

    def compared(number: int) -> None:
        fingerprint("A title", texts[number])
        assert decide(Printing("A title", texts[number]), Printing("Other", copies[number])).copy

    def yardstick(number: int) -> None:
        for _ in range(100):
            " ".join(texts[number].split())

    one, two = (milliseconds(do, ARTICLES) for do in (alone, compared))
    print(json.dumps({"yardstick_ms": round(milliseconds(yardstick, 10), 3)}))
    print(json.dumps({"fingerprint_ms": round(one, 3), "with_one_candidate_ms": round(two, 3)}))
    print(json.dumps({"mix_ms": round(one + COPIES * (two - one), 3), "copies": COPIES}))
    for name, make in HOSTILE.items():
        text = make()

        def hostile(_: int, text: str = text) -> None:
            fingerprint("", text)
            decide(Printing("", text), Printing("", f"{text} more"))

        print(
            json.dumps(
                {"hostile": name, "seconds": round(milliseconds(hostile, 1, rounds=1) / 1000, 2)}
            )
        )


if __name__ == "__main__":
    main()
