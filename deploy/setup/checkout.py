"""Where things are in the checkout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Checkout:
    """The checkout, and the folders set-up makes in it."""

    root: Path

    @property
    def cache(self) -> Path:
        return self.root / ".cache"

    @property
    def recipe(self) -> Path:
        """How PJSIP is built."""
        return self.root / "deploy" / "pjsip"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def venv_python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def lock(self) -> Path:
        return self.root / "requirements.lock"

    def log(self, name: str) -> Path:
        """A fresh log file for a step."""
        log = self.cache / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("", encoding="utf-8")
        return log
