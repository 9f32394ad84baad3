"""The one-place faults of a source file: what a tired person might have written instead."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Final

_PAIRS: Final[tuple[tuple[type[ast.AST], type[ast.AST]], ...]] = (
    *((ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot)),
    *((ast.In, ast.NotIn), (ast.And, ast.Or), (ast.BitAnd, ast.BitOr), (ast.Add, ast.Sub)),
    (ast.Mult, ast.FloorDiv),
)
_OTHER: Final = dict(_PAIRS) | {two: one for one, two in _PAIRS} | {ast.Div: ast.Mult}
_CALLED: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
# Pages hold words; and where Python 3.11 finds the inside of an f-string cannot be relied on.
_PASSED_OVER: Final = ("annotation", "returns", "decorator_list")


def faults(source: bytes) -> Iterator[tuple[int, bytes]]:
    """Every such fault that `source` can have: its line, and the source with it."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in _nodes(ast.parse(source)):
        for wrong in _wrong(node):
            begin = starts[node.lineno - 1] + node.col_offset
            end = starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)
            text = ast.unparse(wrong).replace("\n", "\n" + " " * node.col_offset)
            # In brackets, as what stands around it may bind more tightly.
            text = f"({text})" if isinstance(wrong, ast.expr) else text
            yield node.lineno, source[:begin] + text.encode() + source[end:]


def _nodes(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    for name, value in ast.iter_fields(tree):
        for child in value if isinstance(value, list) else [value]:
            if name in _PASSED_OVER or not isinstance(child, ast.AST):
                continue
            if not isinstance(child, ast.JoinedStr):
                if isinstance(child, ast.expr | ast.stmt):
                    yield child
                yield from _nodes(child)


def _wrong(node: ast.expr | ast.stmt) -> Iterator[ast.AST]:  # noqa: C901 -- a table
    match node:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                yield _with(node, ops=[*ops[:at], _OTHER[type(op)](), *ops[at + 1 :]])
        case ast.BoolOp(op=op) | ast.BinOp(op=op) if type(op) in _OTHER:
            yield _with(node, op=_OTHER[type(op)]())
        case ast.Set(elts=elts) if len(elts) > 1:
            yield from (_with(node, elts=elts[:at] + elts[at + 1 :]) for at in range(len(elts)))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.IfExp(test=test) | ast.If(test=test) | ast.While(test=test):
            if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
                yield _with(node, test=ast.UnaryOp(ast.Not(), test))
        case ast.Constant(value=value):
            yield from _other_value(value)
        case ast.Call(func=ast.Name(id=name)) if name in _CALLED:
            yield _with(node, func=ast.Name(_CALLED[name]))
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.Raise() | ast.AugAssign():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case _:
            pass


def _with(node: ast.AST, **fields: object) -> ast.AST:
    wrong = copy.copy(node)
    for name, value in fields.items():
        setattr(wrong, name, value)
    return wrong


def _other_value(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, bytes):
        yield ast.Constant(value + b"x")
