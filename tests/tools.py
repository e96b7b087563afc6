"""Programs of others that a test needs."""

import shutil

import pytest


def needs(program: str) -> None:
    """Skip the test that calls this, itself or in a fixture, where a program is not installed."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
