"""The page of functions: formula, references and source of every statistic."""

import importlib
import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\s*$", re.MULTILINE)
ROLE = re.compile(r":(?:math|func|class|meth|mod|ref):`([^`]*)`")
LITERAL = re.compile(r"``([^`]+)``|`([^`]+)`")
LISTS = {"Parameters", "Returns", "Raises", "Yields", "Attributes", "See Also"}


@dataclass(frozen=True, slots=True)
class Described:
    """A function as the page shows it."""

    name: str
    signature: str
    summary: str
    doc: str
    code: str
    place: str
    n_figures: int = 0


def describe_functions(sources: Iterable[str], *, root: Path) -> list[Described]:
    """
    Describe every function that made a figure.

    Parameters
    ----------
    sources : iterable of str
        Dotted names, once per figure.
    root : Path
        Folder that file names are given from.

    Returns
    -------
    list of Described
        Sorted by name. A name that cannot be found is listed and says so.

    Examples
    --------
    >>> [one] = describe_functions(["analysis.display.anchor"], root=Path("/"))
    >>> one.summary
    'Name of a figure that is safe in an address and in HTML.'
    """
    names = list(sources)
    return [_described(name, root, names.count(name)) for name in sorted(set(names))]


def render_doc(doc: str) -> str:
    r"""
    Write a numpydoc docstring as HTML.

    Parameters
    ----------
    doc : str
        As `inspect.getdoc` gives it, without its summary line.

    Returns
    -------
    str
        Headed parts; formulas stay text.

    Examples
    --------
    >>> render_doc("Notes\n-----\nIt is :math:`p - d`.")
    '<h3>Notes</h3>\n<p>It is <code>p - d</code>.</p>'
    """
    first, *rest = SECTION.split(doc)
    parts = [_paragraphs(first)] if first.strip() else []
    for title, body in zip(rest[::2], rest[1::2], strict=True):
        parts.append(f"<h3>{escape(title)}</h3>\n{_section(title, body)}")
    return "\n".join(parts)


def _described(name: str, root: Path, n_figures: int) -> Described:
    """Describe one function, or say that it was not found."""
    made = _find(name)
    if made is None:
        gone = "This function is not part of the installed package."
        return Described(name, name, gone, "", "", "", n_figures)
    summary, _, rest = (inspect.getdoc(made) or "").partition("\n\n")
    file = Path(inspect.getsourcefile(made) or "")
    code, line = inspect.getsourcelines(made)
    shown = file.relative_to(root) if file.is_relative_to(root) else file.name
    return Described(
        name=name,
        signature=f"{made.__name__}{_signature(made)}",
        summary=" ".join(summary.split()),
        doc=render_doc(rest),
        code="".join(code),
        place=f"{shown}, line {line}",
        n_figures=n_figures,
    )


def _find(name: str) -> Callable[..., object] | None:
    """Import what a dotted name means."""
    module, _, attribute = name.rpartition(".")
    if not module.startswith("analysis"):
        return None
    try:
        made = getattr(importlib.import_module(module), attribute, None)
    except ImportError:
        return None
    found = inspect.unwrap(made) if callable(made) else None
    return found if inspect.isfunction(found) else None


def _signature(made: Callable[..., object]) -> str:
    """Parameters without the modules of their types."""
    text = str(inspect.signature(made))
    return re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", text).replace("'", "")


def _section(title: str, body: str) -> str:
    """Write one part of a docstring in the form that its kind needs."""
    body = inspect.cleandoc("\n" + body) if body.strip() else ""
    if title == "Examples":
        return f'<pre class="example">{escape(body)}</pre>'
    if title in LISTS:
        return _definitions(body)
    return _paragraphs(body)


def _definitions(body: str) -> str:
    """Write "name : type" lines with their indented descriptions."""
    items: list[tuple[str, list[str]]] = []
    for line in body.splitlines():
        if line and not line.startswith(" "):
            items.append((line, []))
        elif items:
            items[-1][1].append(line.strip())
    pairs = [
        f"<dt><code>{escape(head)}</code></dt><dd>{_inline(' '.join(words))}</dd>"
        for head, words in items
    ]
    return f"<dl>{''.join(pairs)}</dl>"


def _paragraphs(body: str) -> str:
    """Write paragraphs; displayed formulas and indented blocks keep their lines."""
    parts = []
    for block in re.split(r"\n\s*\n", body.strip("\n")):
        words = re.sub(r"^\s*\.\. math::\s*", "    ", block)
        words = re.sub(r"^\s*\.\. (\[\d+\])", r"\1", words, flags=re.MULTILINE)
        if words.startswith("    "):
            parts.append(
                f'<pre class="formula">{escape(inspect.cleandoc(words))}</pre>'
            )
        elif words.startswith("["):
            parts += [f"<p>{_inline(one)}</p>" for one in re.split(r"\n(?=\[)", words)]
        else:
            parts.append(f"<p>{_inline(words)}</p>")
    return "\n".join(parts)


def _inline(text: str) -> str:
    """Write names and formulas as code and references in brackets."""
    text = re.sub(r"\[(\d+)\]_", r"[\1]", ROLE.sub(r"`\1`", " ".join(text.split())))
    return LITERAL.sub(
        lambda m: f"<code>{m[1] or m[2]}</code>", escape(text, quote=False)
    )
