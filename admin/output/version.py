"""Which program this is."""

from importlib.metadata import PackageNotFoundError, version


def program_version() -> str:
    """The version that is installed."""
    try:
        return version("transpacific")
    except PackageNotFoundError:  # run from a working tree
        return "not installed"
