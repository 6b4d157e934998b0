"""Dates whose moment is known, written in the ways of many publishers, and read again."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from ingest.dates import Confidence, parse_date
from tests.faults.rows import Row, row

_EASTERN, _CENTRAL = ZoneInfo("America/New_York"), ZoneInfo("America/Chicago")
_PACIFIC, _LONDON = ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/London")
_BEIJING = timezone(timedelta(hours=8))
_SYDNEY, _MOSCOW = ZoneInfo("Australia/Sydney"), ZoneInfo("Europe/Moscow")
_INDIA, _ISRAEL = ZoneInfo("Asia/Kolkata"), ZoneInfo("Asia/Jerusalem")
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of publisher writes a moment; `country` is what we know of it.

    `to` is what is left of the moment when it is written so: seconds, or less.
    """

    write: Callable[[datetime], str]
    country: str | None = None
    to: timedelta = timedelta(seconds=1)


def _in(zone: ZoneInfo | timezone, form: str) -> Callable[[datetime], str]:
    return lambda at: at.astimezone(zone).strftime(form)


def _clock(form: str, name: str) -> Callable[[datetime], str]:
    """The time on the wall in New York, and always the same abbreviation, as many write it."""
    return lambda at: f"{at.astimezone(_EASTERN).strftime(form)} {name}"


_MINUTES = timedelta(minutes=1)
_DAYS = timedelta(days=1)

WAYS: tuple[Way, ...] = (
    # What the standards ask for, in zones of both hemispheres.
    *(
        Way(_in(zone, form), country)
        for zone, country in (
            (UTC, None), (_EASTERN, "US"), (_PACIFIC, "US"), (_BEIJING, "CN"), (_BEIJING, None),
            (_INDIA, "IN"), (_LONDON, "GB"), (timezone(timedelta(hours=-3, minutes=-30)), "CA"),
            (timezone(timedelta(hours=14)), None), (timezone(timedelta(hours=-12)), None),
        )
        for form in ("%a, %d %b %Y %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%z", "%d %b %Y %H:%M:%S %z",
                     "%a %b %d %Y %H:%M:%S GMT%z", "%Y-%m-%d %H:%M:%S %z")
    ),
    *(
        Way(_in(UTC, form), country)
        for form in ("%Y-%m-%dT%H:%M:%SZ", "%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S UTC",
                     "%Y%m%dT%H%M%SZ", "%a %b %d %H:%M:%S UTC %Y", "%B %d, %Y %H:%M:%S GMT")
        for country in (None, "CN", "US")
    ),
    Way(lambda at: str(int(at.timestamp()))),
    Way(lambda at: str(int(at.timestamp() * 1000)), "CN"),
    # Abbreviations of zones, rightly and wrongly used.
    Way(_in(_EASTERN, "%a, %d %b %Y %H:%M:%S %Z"), "US"),
    Way(_in(_PACIFIC, "%a, %d %b %Y %H:%M:%S %Z"), "US"),
    Way(_in(_CENTRAL, "%a, %d %b %Y %H:%M:%S %Z"), "US"),
    Way(_in(_CENTRAL, "%a, %d %b %Y %H:%M:%S %Z"), None),
    Way(_clock("%a, %d %b %Y %H:%M:%S", "EST"), "US"),
    Way(_clock("%a, %d %b %Y %H:%M:%S", "EDT"), "US"),
    Way(_clock("%B %d, %Y at %I:%M %p", "ET"), "US", _MINUTES),
    *(Way(_in(_BEIJING, "%a, %d %b %Y %H:%M:%S CST"), country)
      for country in ("CN", "TW", "HK", "MO", None, "SG")),
    Way(_in(_BEIJING, "%a %b %d %H:%M:%S CST %Y"), "CN"),
    Way(_in(_BEIJING, "%d %b %Y %H:%M HKT"), "HK", _MINUTES),
    Way(_in(_LONDON, "%a, %d %b %Y %H:%M:%S %Z"), "GB"),
    *(Way(_in(zone, "%a, %d %b %Y %H:%M:%S %Z"), None)
      for zone in (_SYDNEY, _MOSCOW, ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin"))),
    Way(lambda at: at.astimezone(_SYDNEY).strftime("%d %b %Y %H:%M:%S AEST"), "AU"),
    Way(_in(_INDIA, "%a, %d %b %Y %H:%M:%S IST"), "IN"),
    Way(_in(_ISRAEL, "%a, %d %b %Y %H:%M:%S IST"), "IL"),
    # No zone at all.
    *(Way(_in(zone, form), country)
      for zone, country in ((_BEIJING, "CN"), (_EASTERN, "US"), (UTC, None), (_BEIJING, None))
      for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M:%S",
                   "%m/%d/%Y %H:%M:%S", "%a %b %d %H:%M:%S %Y", "%d.%m.%Y %H:%M:%S")),
    *(Way(_in(zone, form), country, _DAYS)
      for zone, country in ((_BEIJING, "CN"), (_EASTERN, "US"), (_LONDON, "GB"), (UTC, None))
      for form in ("%Y-%m-%d", "%Y/%m/%d", "%B %d, %Y", "%d %B %Y", "%m/%d/%Y", "%d/%m/%Y",
                   "%d-%m-%Y", "%Y%m%d")),
    # As Chinese is written.
    Way(lambda at: _chinese(at, "{y}年{m}月{d}日 {H:02}:{M:02}"), "CN", _MINUTES),
    Way(lambda at: _chinese(at, "{y}年{m}月{d}日 {H:02}:{M:02}"), None, _MINUTES),
    Way(lambda at: _chinese(at, "{y}年{m}月{d}日 星期{w} {H:02}:{M:02}:{S:02}"), "CN"),
    Way(lambda at: _chinese(at, "北京时间{y}年{m}月{d}日 {H:02}:{M:02}"), None, _MINUTES),
    Way(lambda at: _chinese(at, "{y}/{m}/{d} {h} {M:02}"), "CN", _MINUTES),
    Way(lambda at: _chinese(at, "{y}年{m}月{d}日{half}{h12}时{M:02}分"), "CN", _MINUTES),
    Way(lambda at: _chinese(at, "民國{roc}年{m}月{d}日 {H:02}:{M:02}"), "TW", _MINUTES),
    # With words around it, and with a weekday of another day.
    Way(lambda at: "Updated " + _in(UTC, "%d %B %Y %H:%M GMT")(at), "GB", _MINUTES),
    Way(lambda at: _in(UTC, "%d %b %Y %H:%M:%S GMT")(at) + " - 4 min read", "GB"),
)  # fmt: skip


def _chinese(at: datetime, form: str) -> str:
    local = at.astimezone(_BEIJING)
    return form.format(
        y=local.year,
        roc=local.year - 1911,
        m=local.month,
        d=local.day,
        w=_WEEKDAYS[local.weekday()],
        H=local.hour,
        h=f"{local.hour}:",
        h12=local.hour % 12 or 12,
        half="下午" if local.hour >= 12 else "上午",
        M=local.minute,
        S=local.second,
    )


def dates(moments: int = 500) -> Row:
    """Every way of writing `moments` moments."""
    rng = random.Random(20261003)
    sure = wrong = read = 0
    first_wrong = ""
    for _ in range(moments):
        at = datetime(2000, 1, 2, tzinfo=UTC) + timedelta(seconds=rng.randrange(28 * 365 * 86_400))
        for way in WAYS:
            raw = way.write(at)
            dated = parse_date(raw, origin="feed", country=way.country)
            read += dated.at is not None
            if dated.confidence is not Confidence.SURE or dated.at is None:
                continue
            sure += 1
            if not at - way.to < dated.at <= at:
                wrong += 1
                first_wrong = first_wrong or f"; {raw!r} ({way.country}) as {dated.at}, is {at}"
    return row(
        "dates whose moment is known",
        times=moments * len(WAYS),
        items=sure,
        asked="0 wrong among those called sure",
        measured=f"{wrong} of {sure:,} sure ones wrong, {read:,} read{first_wrong}",
        ok=wrong == 0 and sure > 0,
    )
