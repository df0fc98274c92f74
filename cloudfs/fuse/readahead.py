"""How far the kernel reads ahead by itself.

It asks for 128 KiB at a time unless it is told otherwise; with larger requests a file comes out
of the cache with a quarter of the calls. Only root may tell it (sysfs's bdi class).
"""

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

READ_AHEAD = 512  # KiB; with more, those who read come before those who look around


def raise_read_ahead(mountpoint: Path) -> None:
    """Have the kernel read far ahead at *mountpoint*, if we may say so."""
    device = mountpoint.stat().st_dev
    setting = Path(f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb")
    try:
        if int(setting.read_text()) < READ_AHEAD:
            setting.write_text(f"{READ_AHEAD}")
    except (OSError, ValueError) as error:
        log.debug("the kernel's read-ahead stays as it is: %s", error)
