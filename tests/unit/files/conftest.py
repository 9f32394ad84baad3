from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.inputs import Inputs, write


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    return write(tmp_path)
