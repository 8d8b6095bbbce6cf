"""All mutants of one module: each is the module with one small mistake of the kind that people make, compiled.

Decision: what a person would call a behaviour is changed, and nothing else. Not mutated: docstrings, annotations, decorators, imports, type aliases
and forms of classes (`frozen=True`), what stands in f-strings and joins words, and the words of messages (of Mistake, Problem, Refused and of
whatever is raised or logged). A mutant whose code is the module's own, or another mutant's, is dropped; an assignment in `__init__` is not removed,
because a missing attribute is found by every test and would only flatter the score.
"""

from __future__ import annotations

import ast
import copy
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import CodeType

OTHERS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.And: (ast.Or,), ast.Or: (ast.And,),
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.Mult,),
    ast.Pow: (ast.Mult,), ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,),
}  # fmt: skip
"""What an operator is taken for: the one beside it, and the opposite."""
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}
SPOKEN = {"Mistake": 1, "Problem": 2, "Refused": 0, "TypeVar": 0, "debug": 0, "info": 0, "warning": 0, "error": 0}
"""Calls that take words for people, from this argument on."""
WORDS = ("wrong", "remedy")
"""Names of what holds such words."""
NO_BEHAVIOUR = ("annotation", "returns", "decorator_list", "bases", "ctx", "op", "ops", "format_spec")
FORMS = ("frozen", "kw_only", "array_like")
EMPTY = {"list": ast.List([], ast.Load()), "tuple": ast.Tuple([], ast.Load()), "dict": ast.Dict([], []), "str": ast.Constant("")}
"""What else a function may give, by its annotation."""


@dataclass(frozen=True)
class Mutant:
    """path, line, where: of the change, where as `Class.method`; before, after: what was changed, `#2` where the same change can be made twice there;
    lines: first and last line; code: to run."""

    path: str
    line: int
    where: str
    before: str
    after: str
    lines: tuple[int, int]
    code: CodeType

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is known by, whatever moves in the file."""
        return self.path, self.where, self.before, self.after

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.where}: {self.before}  ->  {self.after}"


@dataclass(frozen=True)
class Place:
    """Where a node hangs. shown: the node that is printed for it; given: what the function around it returns, as its annotation says."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST
    where: str
    shown: ast.AST
    given: str

    def put(self, node: ast.AST) -> None:
        """Hang another node there."""
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


def mutants(path: str, text: str) -> list[Mutant]:
    """All mutants of the text of a module, in its order."""
    tree = ast.parse(text)
    seen = {_essence(_compiled(tree, path))}
    found: dict[tuple[str, str, str, str], Mutant] = {}
    for place in [*_places(tree, "", tree, "")]:
        before, line = _line(place.shown), getattr(place.node, "lineno", getattr(place.shown, "lineno", 1))
        for other in _others(place):
            place.put(ast.copy_location(copy.deepcopy(other), place.node))
            code, after = _compiled(ast.fix_missing_locations(tree), path), _line(other if place.shown is place.node else place.shown)
            place.put(place.node)
            if (essence := _essence(code)) not in seen:
                seen.add(essence)
                lines = line, getattr(place.node, "end_lineno", None) or line
                mutant = Mutant(path, line, place.where or "module", before, after, lines, code)
                while mutant.key in found:
                    count = int(mutant.after.rpartition(" #")[2]) + 1 if mutant.after != after else 2
                    mutant = replace(mutant, after=f"{after} #{count}")
                found[mutant.key] = mutant
    return [*found.values()]


def _essence(code: CodeType) -> object:
    """What the code does, wherever it stands in the file."""
    constants = tuple(_essence(value) if isinstance(value, CodeType) else (type(value), repr(value)) for value in code.co_consts)
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_exceptiontable


def _line(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def unchanged(path: str, text: str) -> Mutant:
    """The module as it is, to be held against its mutants."""
    return Mutant(path, 0, "module", "", "", (0, 0), _compiled(ast.parse(text), path))


def _compiled(tree: ast.Module, path: str) -> CodeType:
    with warnings.catch_warnings(action="ignore"):
        return compile(tree, path, "exec", dont_inherit=True)


def _places(node: ast.AST, where: str, shown: ast.AST, given: str) -> Iterator[Place]:
    """Every node that may be mutated."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        where = f"{where}.{node.name}" if where else node.name
        given = ast.unparse(node.returns) if isinstance(node, ast.FunctionDef) and node.returns else ""
    for field, value in ast.iter_fields(node):
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST) and not _left_out(node, field, index, child):
                number = child.operand if isinstance(child, ast.UnaryOp) else child
                inner = shown if isinstance(number, ast.Constant) else child
                yield Place(node, field, index, child, where, inner, given)
                yield from _places(child, where, inner, given)


def _left_out(parent: ast.AST, field: str, index: int | None, child: ast.AST) -> bool:
    """What is no behaviour."""
    if field in NO_BEHAVIOUR or isinstance(child, ast.Import | ast.ImportFrom):
        return True
    if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
        return True  # a docstring
    if isinstance(child, ast.Constant) and (isinstance(parent, ast.JoinedStr) or _name(parent) == "join"):
        return True
    if isinstance(parent, ast.ClassDef) and isinstance(child, ast.keyword):
        return child.arg in FORMS
    if isinstance(parent, ast.Compare) and isinstance(child, ast.Constant):
        return child.value is None
    if isinstance(child, ast.BinOp) and isinstance(child.op, ast.BitOr) and isinstance(child.right, ast.Constant):
        return True  # a union of types
    if isinstance(child, ast.Subscript) and _name(child.value) == "Literal":
        return True
    if isinstance(parent, ast.Assign) and field == "value":
        return any(name in WORDS or name.startswith("__") for target in parent.targets for name in [_name(target)])
    if isinstance(parent, ast.Raise):
        return True
    return isinstance(parent, ast.Call) and field == "args" and index is not None and index >= SPOKEN.get(_name(parent.func), 99)


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _others(place: Place) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    node = place.node
    if isinstance(node, ast.stmt):
        yield from _statements(node, place)
    elif isinstance(node, ast.Constant):
        yield from _constants(node.value)
    elif isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            for other in OTHERS.get(type(operator), ()):
                yield _with(node, "ops", [*node.ops[:index], other(), *node.ops[index + 1 :]])
    elif isinstance(node, ast.BoolOp | ast.BinOp):
        if not any(_is_text(side) for side in ast.iter_child_nodes(node)):
            yield from (_with(node, "op", other()) for other in OTHERS.get(type(node.op), ()))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield node.operand
    elif isinstance(node, ast.Call) and _name(node.func) in CALLED:
        yield _with(node, "func", ast.Name(CALLED[_name(node.func)], ast.Load()))
    if place.field in ("test", "ifs"):
        yield from _denied(node)


def _statements(node: ast.stmt, place: Place) -> Iterator[ast.AST]:
    """A statement that is forgotten, or is another."""
    if isinstance(node, ast.Expr):
        yield ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load()))) if isinstance(node.value, ast.Yield | ast.YieldFrom) else ast.Pass()
    elif isinstance(node, ast.Continue | ast.Break):
        yield ast.Break() if isinstance(node, ast.Continue) else ast.Continue()
    elif isinstance(node, ast.Raise):
        yield ast.Pass()
    elif isinstance(node, ast.Return):
        yield from _returns(node, place.given)
    elif isinstance(node, ast.AugAssign):
        yield ast.Pass()
        yield from (_with(node, "op", other()) for other in OTHERS.get(type(node.op), ()))
    elif isinstance(node, ast.Assign | ast.AnnAssign) and not place.where.endswith("__init__"):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if all(_kept(target) for target in targets):
            yield ast.Pass()


def _kept(target: ast.AST) -> bool:
    """Whether an assignment leaves no name undefined when it is forgotten."""
    return all(map(_kept, target.elts)) if isinstance(target, ast.Tuple) else isinstance(target, ast.Attribute | ast.Subscript)


def _returns(node: ast.Return, given: str) -> Iterator[ast.AST]:
    """Another value of the same type where there is one, else None."""
    value = node.value
    if value is None:
        yield ast.Pass()
    elif given == "bool":
        yield from (_with(node, "value", other) for other in _denied(value))
    elif given in ("int", "float"):
        yield ast.Return(ast.BinOp(value, ast.Add(), ast.Constant(1)))
    elif not isinstance(value, ast.Constant):
        yield _with(node, "value", EMPTY.get(given.partition("[")[0], ast.Constant(None)))


def _constants(value: object) -> Iterator[ast.AST]:
    """The neighbours of a constant."""
    if value is None:
        yield ast.Constant(0)
    elif isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield from (ast.Constant(value + 1), ast.Constant(value - 1))
    elif isinstance(value, float):
        step = 1.0 if value == 0 or abs(value) >= 1 else value / 10
        yield from (ast.Constant(value + step), ast.Constant(value - step))
    elif isinstance(value, str):
        yield ast.Constant("" if value else "?")


def _denied(node: ast.AST) -> Iterator[ast.AST]:
    """A condition the other way round; a comparison and a `not` have mutants of their own that say so."""
    one = isinstance(node, ast.Compare) and len(node.ops) == 1
    if isinstance(node, ast.expr) and not one and not (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        yield ast.UnaryOp(ast.Not(), node)


def _with(node: ast.AST, field: str, value: object) -> ast.AST:
    other = copy.copy(node)
    setattr(other, field, value)
    return other


def _is_text(node: ast.AST) -> bool:
    """Whether adding to it could only be adding text or items: subtracting would break in every test."""
    return isinstance(node, ast.JoinedStr | ast.List | ast.ListComp) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
