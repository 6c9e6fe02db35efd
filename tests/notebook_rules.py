"""What every notebook of the house keeps to, as functions that return complaints."""

import ast
import re

from analysis.run.notebooks import source_of

LAST = "What this page cannot tell you"
NO_QUESTIONS = {LAST, "How to read this page"}
LONGEST_CELL = 8
FUNCTIONS = {"open", "Path"}
METHODS = {"glob", "rglob", "iterdir", "listdir"}
PATH = re.compile(
    r"^(/|\.{1,2}/|~|data/|reports/|notebooks/)"
    r"|\.(csv|parquet|xlsx|json|toml|ipynb|html|py)$"
)
TYPED_FIGURE = re.compile(r"\d\s*(%|percent|points?\b)")
MACHINE = re.compile(r"(/home/|/root/|/tmp/|/wor[k]/|/Users/|[A-Z]:\\\\)[\w.-]")


def complaints(notebook):
    """Return everything that is wrong with a notebook, one sentence each."""
    cells = notebook["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    prose = [cell for cell in cells if cell["cell_type"] == "markdown"]
    found = [
        *about_parameters(code),
        *(one for cell in code for one in about_code(source_of(cell))),
        *about_headings(headings(prose)),
        *(one for cell in prose for one in about_prose(source_of(cell))),
        *about_execution(code),
        *(one for cell in code for one in about_outputs(cell)),
    ]
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        found.append("the kernel is not called python3")
    return found


def about_parameters(code):
    tagged = [cell for cell in code if "parameters" in cell["metadata"].get("tags", [])]
    return [] if len(tagged) == 1 else [f"{len(tagged)} cells are tagged parameters"]


def about_code(source):
    lines = [line for line in source.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    if len(lines) > LONGEST_CELL:
        yield f"{len(lines)} lines in the cell {first!r}"
    try:
        tree = ast.parse(source)
    except SyntaxError:
        yield f"no plain Python (a magic?) in the cell {first!r}"
        return
    if tree.body and is_publishing(tree.body[-1]):
        yield f"the row of a figure is shown raw by the cell {first!r}"
    for node in ast.walk(tree):
        yield from about_node(node, first)


def is_publishing(statement):
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))):
            return name.startswith("publish")
    return False


def about_node(node, first):
    where = f"in the cell {first!r}"
    match node:
        case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
            yield f"{node.name} is defined {where}"
        case ast.Import(names=names) if any(one.name == "warnings" for one in names):
            yield f"warnings are handled {where}"
        case ast.ImportFrom(module="warnings"):
            yield f"warnings are handled {where}"
        case ast.Name(id=name) if name in FUNCTIONS:
            yield f"files are handled ({name}) {where}"
        case ast.Attribute(attr=name) if name in METHODS:
            yield f"files are handled ({name}) {where}"
        case ast.Constant(value=str(text)) if PATH.search(text):
            yield f"a path is written ({text}) {where}"


def headings(prose):
    lines = [line for cell in prose for line in source_of(cell).splitlines()]
    return [line.lstrip("# ").strip() for line in lines if re.match("#+ ", line)]


def about_headings(found):
    for heading in found:
        if not heading.endswith("?") and heading.rstrip(".") not in NO_QUESTIONS:
            yield f"the heading {heading!r} is no question"
    if not found or found[-1].rstrip(".") != LAST:
        yield f"the last heading is not {LAST!r}"


def about_prose(source):
    for match in TYPED_FIGURE.finditer(source):
        yield f"a figure is typed by hand: {source[: match.end()][-40:]!r}"


def about_execution(code):
    counts = [cell["execution_count"] for cell in code if source_of(cell).strip()]
    if counts != list(range(1, len(counts) + 1)):
        yield f"it was not executed once from top to bottom: {counts}"


def about_outputs(cell):
    source = source_of(cell)
    first = source.partition("\n")[0]
    figures = 0
    for output in cell["outputs"]:
        if output["output_type"] == "error" or output.get("name") == "stderr":
            yield f"an error or warning was printed by the cell {first!r}"
        data, words = output.get("data", {}), output.get("metadata", {})
        if any(kind.startswith("image/") for kind in data):
            figures += 1
            if not (words.get("caption") and words.get("alt")):
                yield f"a figure has no caption or no alt text after {first!r}"
        if MACHINE.search(str(data) + str(output.get("text", ""))):
            yield f"a path of some machine is in the output of {first!r}"
    if figures != len(re.findall(r"\bshow\(", source)):
        yield f"{figures} figures were shown by the cell {first!r}"
