"""Veridial: an outbound dialer that cannot lie and cannot nag."""

__version__ = "0.1.0"
