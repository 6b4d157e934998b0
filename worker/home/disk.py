"""The room that the home takes, and what is left of it."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

# A disk of any size is low below the first of these; one on which less than some days of a busy
# service are free is low below the second. (A container's home is a small disk in memory.)
LOW_SHARE = 0.05
LOW_BYTES, SMALL_SHARE = 2 * 1024**3, 0.2


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes: what the home takes, and what the disk under it has."""

    home: int
    free: int
    total: int

    @property
    def low(self) -> bool:
        """Whether somebody should see to it before it is full."""
        share = self.free / self.total if self.total else 1.0
        return share < LOW_SHARE or (self.free < LOW_BYTES and share < SMALL_SHARE)


def read(home: Path) -> Room:
    """Look at the home, or at the folder that it would be made in."""
    there = next((each for each in (home, *home.absolute().parents) if each.exists()), Path("/"))
    usage = shutil.disk_usage(there)
    return Room(_size(home), usage.free, usage.total)


def _size(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder, onerror=None):
        for name in names:
            try:
                total += (Path(where) / name).lstat().st_blocks * 512
            except OSError:
                continue  # gone meanwhile, or not ours to look at
    return total
