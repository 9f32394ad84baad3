"""`recording`: whether calls are recorded, and where the sealed files lie."""

from __future__ import annotations

from pathlib import Path

from dialer.reading.fields import FilePath
from dialer.reading.validate import Section


class Recording(Section):
    """Recordings of calls, sealed as they are written (docs/recording.md)."""

    enabled: bool = False
    """Whether calls are recorded. Every call is recorded, from the end of the notice that says so.
    A script without that notice, or without a digit by which a callee declines, is rejected."""
    folder: FilePath | None = None
    """The folder of the recordings. Default: `recordings` in `data_dir`. A minute takes about 1 MB
    at 8 kHz."""

    def path(self, data_dir: Path) -> Path:
        """Where they lie."""
        return self.folder or data_dir / "recordings"
