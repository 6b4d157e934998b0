"""`transpacific doctor`: is everything there that the service needs, and what mends it."""

from collections.abc import Iterable
from dataclasses import asdict
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from admin.output.console import print_json, shown, stdout
from admin.output.errors import FAILED

if TYPE_CHECKING:
    from admin.service.check_results import Finding

WIDTH = 80
STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}
# The column in which what was found is told: after the state and the name.
INDENT = " " * 19


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    network: Annotated[
        bool,
        typer.Option("--network", help="Ask ten feeds' hosts for their robots.txt as well."),
    ] = False,
) -> None:
    """Check all that the service needs, and name the mend.

    Settings, home, programs, database, Redis, clock, disk and the service itself.

    Each line is ok, warn or fail, and names the mend. Nothing is asked but the database and Redis;
    with --network the hosts of some feeds too. Exit status 1 where something fails. No password is
    ever shown.
    """
    from admin.service.doctor_checks import checked

    found = checked(network=network)
    failed = any(finding.state == "fail" for finding in found)
    if as_json:
        print_json({"ok": not failed, "findings": [asdict(finding) for finding in found]})
    else:
        _print(found)
    if failed:
        raise typer.Exit(FAILED)


def _print(found: "Iterable[Finding]") -> None:
    console = stdout()
    for finding in found:
        first, *others = wrap(shown(finding.what), WIDTH - len(INDENT)) or [""]
        state = Text(f"{finding.state:<5}", style=STYLES[finding.state])
        console.print(state.append(f"{finding.name:<14}{first}", style=""), soft_wrap=True)
        mend = wrap(shown(finding.mend), WIDTH - len(INDENT) - 2)
        marked = [("→ " if number == 0 else "  ") + part for number, part in enumerate(mend)]
        for line in [*others, *marked]:
            console.print(Text(INDENT + line), soft_wrap=True)
