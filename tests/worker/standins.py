"""What stands for the service's clock and for its messages where a test drives a step by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass
class Clock:
    """The time of the service: the real one, and what a test has put it forward."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def forward(self, **by: float) -> None:
        self.ahead += timedelta(**by)


@dataclass
class Heard:
    """Nudges, written down."""

    hosts: list[str] = field(default_factory=list)
    articles: list[int] = field(default_factory=list)

    def fetch_host(self, host: str) -> None:
        self.hosts.append(host)

    def process_articles(self, article_ids: Sequence[int]) -> None:
        self.articles.extend(article_ids)
