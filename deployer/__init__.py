"""Declarative deployments of 8x8 Automation workflow definitions."""

__version__ = "0.1.0"
