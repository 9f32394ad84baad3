"""`dialer.yaml`, read: frozen values, every fault at once."""

from __future__ import annotations

from dialer.config.document import Config, gather_config, load_config

__all__ = ["Config", "gather_config", "load_config"]
