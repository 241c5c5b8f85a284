"""Takes the clock out of office files, so that building twice gives the same bytes."""

import datetime as dt
import re
import zipfile
from pathlib import Path

MOMENT = dt.datetime(2026, 9, 1, 9, 0, 0)  # any fixed moment would do


def freeze(path: Path) -> None:
    """Write the zip file at `path` again with one fixed time for all that it holds."""
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    stamp = MOMENT.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, content)  # noqa: PLW2901
            info = zipfile.ZipInfo(name, MOMENT.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
