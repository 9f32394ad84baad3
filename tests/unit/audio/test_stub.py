"""audio/_bridge.pyi is all the documentation the extension has: it must not drift from it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from audio import _bridge

STUB = ast.parse((Path(__file__).resolve().parents[3] / "audio" / "_bridge.pyi").read_text("utf-8"))


def public(names: Iterable[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


def test_module_and_stub_hold_the_same_names() -> None:
    described = {node.name for node in STUB.body if isinstance(node, ast.ClassDef)}
    described |= {
        node.target.id
        for node in STUB.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert described == public(vars(_bridge))


def test_classes_have_the_methods_and_arguments_that_are_described() -> None:
    for node in STUB.body:
        if not isinstance(node, ast.ClassDef):
            continue
        real = getattr(_bridge, node.name)
        described = [item for item in node.body if isinstance(item, ast.FunctionDef)]
        assert {item.name for item in described if item.name[0] != "_"} == public(vars(real))
        for item in described:
            documented = getattr(vars(real)[item.name], "__doc__", "") or ""
            if "(self" not in documented.partition("\n")[0]:
                continue  # a property
            arguments = [argument.arg for argument in item.args.args]
            signature = documented.partition("\n")[0].rpartition(" -> ")[0]
            assert arguments == re.findall(r"(\w+): ", signature), f"{node.name}.{item.name}"
