"""Files have at most 400 lines, functions at most 60."""

import ast
import re

import house

FILE_MAX = 400
FUNCTION_MAX = 60


def c_functions(text):
    """(first line, last line) of each: the style puts both of a function's
    braces at the start of a line."""
    lines = text.split("\n")
    begin = None
    for number, line in enumerate(lines):
        if line == "{":
            begin = number
            while begin > 0 and re.match(r"[\w\s*]", lines[begin - 1]):
                begin -= 1
        elif line == "}" and begin is not None:
            yield begin + 1, number + 1
            begin = None


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno


def block_functions(text, begin, end):
    """Functions whose first and last lines match, without indentation."""
    first = None
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(begin, line):
            first = number
        elif re.match(end, line) and first:
            yield first, number
            first = None


def functions(path):
    text = path.read_text()
    if path.suffix == ".py":
        return python_functions(text)
    if path.suffix == ".sh":
        return block_functions(text, r"\w+\(\) \{", r"\}")
    if path.suffix == ".lua":
        return block_functions(
            text, r"(local )?(function\b|[\w.]+ = function\b)", r"end\b")
    return c_functions(text)


def test_files():
    faults = [(house.name(path), lines) for path in house.files()
              if (lines := len(path.read_text().splitlines())) > FILE_MAX]
    assert not faults, f"at most {FILE_MAX} lines"


def test_functions():
    faults = [(house.name(path), first) for path in house.files()
              for first, last in functions(path)
              if last - first + 1 > FUNCTION_MAX]
    assert not faults, f"at most {FUNCTION_MAX} lines"


def test_it_can_tell():
    body = "\n\tx();" * 58
    assert list(c_functions("int y;\n\nstatic int\nf(void)\n{" + body + "\n}\n")
                ) == [(3, 64)]
    assert list(c_functions("struct s {\n\tint x;\n};\n")) == []
    assert list(python_functions("def f():\n    pass\n\n\nx = 1\n")) == [(1, 2)]
    assert list(functions(house.ROOT / "tests/count.sh")) == []
    assert list(block_functions(
        "f() {\n\tx\n}\n", r"\w+\(\) \{", r"\}")) == [(1, 3)]
