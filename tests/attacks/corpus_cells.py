"""Attacks on the notebook itself: cells, metadata, kernels, and scripts in what a page shows."""

from __future__ import annotations

import copy

import nbformat
from nbformat.v4 import new_code_cell, new_output

from tests.attacks.book import Book, attack, cells

GRADED = tuple(f"double-{aspect}" for aspect in ("publico", "valores", "bordes"))


@attack("cells", "tests-edited")
def tests_edited(book: Book) -> None:
    """Replace the text of graded cells by nothing, or by points."""
    for name, text in zip(GRADED, ("", "5.0", "graded = print"), strict=True):
        book.cell(name).source = text


@attack("cells", "tests-deleted")
def tests_deleted(book: Book) -> None:
    """Hand in without the graded cells."""
    for name in GRADED:
        book.node.cells.remove(book.cell(name))


@attack("cells", "set-up-edited")
def set_up_edited(book: Book) -> None:
    """Let the set-up define a `graded` that accepts everything."""
    book.cell("preparacion").source += "\nfrom unittest.mock import MagicMock\ngraded = MagicMock()"


@attack("cells", "tests-duplicated")
def tests_duplicated(book: Book) -> None:
    """Hand in a second copy of each graded cell, emptied."""
    for name in GRADED:
        twin = copy.deepcopy(book.cell(name))
        twin.id, twin.source = f"{name}-2", "5.0"
        book.node.cells += [twin, copy.deepcopy(twin)]


@attack("cells", "moved")
def moved(book: Book) -> None:
    """Turn the order of all cells around."""
    book.node.cells.reverse()


@attack("cells", "retyped")
def retyped(book: Book) -> None:
    """Make text of graded cells and of the set-up, and code of the text."""
    for name in (*GRADED, "preparacion"):
        each = book.cell(name)
        each.cell_type = "markdown"
        del each["outputs"], each["execution_count"]
    each = book.cell("double-enunciado")
    each.update(cell_type="code", outputs=[], execution_count=1, source="graded = print")


@attack("cells", "foreign")
def foreign(book: Book) -> None:
    """Bring graded cells of one's own, worth many points."""
    for number in range(3):
        nbgrader = {"grade_id": f"mine-{number}", "grade": True, "points": 1000, "solution": False}
        nbgrader |= {"locked": False, "schema_version": 3, "task": False, "cell_type": "code"}
        book.node.cells.append(new_code_cell("1000.0", metadata={"nbgrader": nbgrader}))


@attack("cells", "tagged")
def tagged(book: Book) -> None:
    """Tag cells so that nothing runs them, or nobody minds what they raise."""
    for each in book.node.cells:
        each.metadata["tags"] = ["demo", "setup", "skip-execution", "raises-exception", "remove-cell"]


@attack("cells", "points-edited")
def points_edited(book: Book) -> None:
    """Make the wrong exercise worth nothing and the right one everything."""
    for each in book.node.cells:
        nbgrader = each.metadata.get("nbgrader", {})
        if nbgrader.get("grade"):
            nbgrader["points"] = 1000 if nbgrader["grade_id"].startswith("add-one") else 0


@attack("cells", "ids-exchanged")
def ids_exchanged(book: Book) -> None:
    """Call the cells of one exercise by the names of another."""
    right, wrong = book.cell("add-one"), book.cell("double")
    right.metadata.nbgrader.grade_id, wrong.metadata.nbgrader.grade_id = "double", "add-one"


@attack("cells", "solution-as-setup")
def solution_as_setup(book: Book) -> None:
    """Call an own cell like the set-up, so that the judge might run it."""
    twin = copy.deepcopy(book.cell("preparacion"))
    twin.source = "import os, torchaula.checks\nos._exit(0) if os.path.exists('/etc/passwd') else None"
    twin.id = "preparacion-2"
    book.node.cells.insert(0, twin)
    book.node.cells.append(copy.deepcopy(twin))


@attack("cells", "own-ids")
def own_ids(book: Book) -> None:
    """Name own cells as rebuilt ones are named, as graded ones, and absurdly."""
    for name in ("own-0", "own-1", "double-valores", "", "../../x", "<script>alert(1)</script>", "a" * 10**5):
        added = new_code_cell("print('mine')")
        added.id = name
        book.node.cells.append(added)


@attack("cells", "metadata-absurd")
def metadata_absurd(book: Book) -> None:
    """Fill metadata with what no program expects."""

    def change(raw: dict) -> None:
        raw["metadata"] = {
            "kernelspec": [1],
            "language_info": None,
            "nbgrader": "x" * 10**5,
            "celltoolbar": {},
        }
        for number, each in enumerate(raw["cells"]):
            if number % 2:
                each["metadata"]["nbgrader"] = [None, {"grade_id": 5}][number % 4 // 2]
            each["metadata"]["widgets"] = {"application/javascript": "alert(1)"}

    book.json(change)


@attack("cells", "kernel-that-is-a-program")
def kernel_that_is_a_program(book: Book) -> None:
    """Ask for a kernel of one's own, which would be a command line."""
    book.node.metadata["kernelspec"] = {
        "name": "../../../../tmp/evil",
        "display_name": "$(touch /tmp/evil)",
        "language": "bash",
        "argv": ["/bin/sh", "-c", f"touch {book.root}/evil"],
    }
    book.add(f'%%writefile kernel.json\n{{"argv": ["touch", "{book.root}/evil"]}}')


cells(
    "cells",
    {
        "a-chain-of-conditions": "if 1:0\n" + "elif 1:0\n" * 1500,
        "a-string-without-end": '"""' + '\\"""' * 4990 + "\\",
        "deep-brackets": "(" * 19_000,
        "a-deep-sum": "double = 1" + "+1" * 9_000,
    },
)


@attack("cells", "magics")
def magics(book: Book) -> None:
    """Use magics that run programs, load files or replace the shell."""
    for code in (
        f"!touch {book.root}/evil; echo evil > {book.root}/gradebook.db",
        f"%%bash\nrm -rf {book.root}",
        f"%run {book.root}/nbgrader_config.py",
        f"%load {book.root}/gradebook.db",
        "%reset -f",
        "%load_ext autoreload\n%autoreload 2",
        "%%capture\nprint('FOUND')",
        "%autocall 2",
        "%config InteractiveShell.ast_node_interactivity = 'all'",
        "%xmode Verbose",
    ):
        book.add(code)


@attack("cells", "outputs-brought-along")
def outputs_brought_along(book: Book) -> None:
    """Hand in graded cells that already show points and passed tests."""
    for name in GRADED:
        data = {"text/plain": "5.0", "text/html": "<script>alert(1)</script>"}
        book.cell(name).outputs = [new_output("execute_result", data=data, execution_count=1)]
        book.cell(name).execution_count = 1


@attack("cells", "hidden-tests-emptied")
def hidden_tests_emptied(book: Book) -> None:
    """Put nbgrader's own markers into a solution, to have what stands between them replaced."""
    book.answer(
        "double",
        "### BEGIN SOLUTION\n### BEGIN HIDDEN TESTS\ndef double(x):\n    return x\n### END HIDDEN TESTS\n"
        "### END SOLUTION\n# AUTOTEST double",
    )


@attack("cells", "answer-split-and-doubled")
def answer_split_and_doubled(book: Book) -> None:
    """Redefine the answer in further copies and cells, before and after the tests."""
    twin = copy.deepcopy(book.cell("double"))
    twin.id, twin.source = "double-twin", "def double(x):\n    return 3 * x"
    book.node.cells.append(twin)
    book.add("double = lambda x: x\ngraded = print", after="double-bordes")


@attack("cells", "older-formats")
def older_formats(book: Book) -> None:
    """Claim another version of the format, with worksheets and fields of it."""

    def change(raw: dict) -> None:
        raw.update(
            nbformat=3, nbformat_minor=0, worksheets=[{"cells": raw.pop("cells")}], metadata={"name": "x"}
        )

    book.json(change)


@attack("cells", "many-cells")
def many_cells(book: Book) -> None:
    """Add hundreds of cells, each of which ends the process."""
    book.node.cells += [new_code_cell("import os; os._exit(0)") for _ in range(300)]


@attack("cells", "surrogates-and-zeros")
def surrogates_and_zeros(book: Book) -> None:
    """Hand in text that is no text: half characters, zero bytes, direction marks."""

    def change(raw: dict) -> None:
        raw["cells"].insert(
            1, {"cell_type": "code", "metadata": {}, "outputs": [], "source": "'\ud800\x00\u202e'"}
        )

    book.json(change)


@attack("cells", "compiles-for-ever")
def compiles_for_ever(book: Book) -> None:
    """Hand in text that exhausts whoever parses it."""
    book.add("x = " + "(" * 5000 + "1" + ")" * 5000)
    book.add("x = " + "-" * 200_000 + "1")
    book.add("x = 9**9**9")


cells(
    "pages",
    {
        "html": """
from IPython.display import HTML, Javascript, SVG, Markdown, Latex, IFrame
display(HTML('<script>alert(1)</script><img src=x onerror=alert(1)>'))
display(Javascript('alert(1)'), Markdown('<script>alert(1)</script>'))
display(Latex('$\\\\href{javascript:alert(1)}{x}$'))
display(SVG('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>1</script></svg>'))
display(IFrame('javascript:alert(1)', 1, 1))
""",
        "raw-bundle": """
from IPython.display import publish_display_data
publish_display_data({'text/html': '<script>1</script>', 'application/javascript': 'alert(1)',
    'application/vnd.jupyter.widget-view+json': {},
    'image/svg+xml': '<svg onload=alert(1)>', 'text/plain': 'x'},
    metadata={'text/html': {'isolated': False}})
""",
        "html-of-a-class": """
class Page:
    def _repr_html_(self): return '<script>alert(1)</script>'
    def _repr_mimebundle_(self, **k): return {'text/html': '<script>1</script>', 'image/png': '<html>'}
Page()
""",
        "no-png": """
from IPython.display import Image
display(Image(data=b'<html><script>alert(1)</script>', format='png'))
display({'image/png': '<script>'}, raw=True)
""",
        "terminal": r"print('\x1b[2J\x1b]0;evil\x07\x1b[31mred\x08\x08 \u202e\u2066 \x9b31m')",
        "exception-with-script": r"""
Kind = type('<script>alert(1)</script>\x1b[2J', (Exception,), {})
raise Kind('<img src=x onerror=alert(1)>\x1b]8;;javascript:alert(1)\x07 \u202e')
""",
        "forged-outputs": """
from torchaula.grading.wire.orders import Raised, Shown, Text
shell = get_ipython()
shell.outputs.items += [Text('html', '<script>'), Shown('\\x1b[2J', b'<svg onload=alert(1)>'),
                        Raised('<script>' * 1000, '\\x1b' * 10**5, '\\x07' * 10**6)] * 500
""",
    },
)


@attack("pages", "markdown-cells")
def markdown_cells(book: Book) -> None:
    """Put scripts into text cells, in and out of fences."""
    script = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    for text in (
        script,
        f"```text\n```\n{script}\n```text\n```",
        f"````text\n{script}",
        f"```\n{script}\n```\n{script}",
    ):
        book.add(text, markdown=True)
    book.add("[x](javascript:alert(1)) $\\href{javascript:alert(1)}{x}$", markdown=True)


@attack("pages", "statement-with-script")
def statement_with_script(book: Book) -> None:
    """Write scripts into the instructor's own text."""
    book.cell("double-enunciado").source = "<script>alert(1)</script>"
    book.node.cells.append(nbformat.v4.new_raw_cell("<script>alert(1)</script>"))
    book.node.cells[-1].metadata["raw_mimetype"] = "text/html"


@attack("pages", "exception-in-a-test")
def exception_in_a_test(book: Book) -> None:
    """Raise, while a test calls, what a page or a terminal might take for its own."""
    book.answer(
        "double",
        "class E(Exception): pass\nE.__name__ = '<script>\\x1b[2J'\n\n"
        "def double(x):\n    raise E('\\x1b]0;evil\\x07<script>alert(1)</script>\\u202e\\x08')",
    )


@attack("pages", "names-of-types")
def names_of_types(book: Book) -> None:
    """Return a value whose type's name holds what a page or a terminal might take for its own."""
    book.answer(
        "double",
        "Kind = type('<script>\\x1b[2J\\u202e' + 'x' * 10**6, (), {})\n\ndef double(x):\n    return Kind()",
    )


@attack("pages", "keys-and-texts")
def keys_and_texts(book: Book) -> None:
    """Return texts that go on for megabytes and move a terminal's cursor."""
    book.answer("double", "def double(x):\n    return {'\\x1b[2J\\u202e' * 10**5: '\\x07<script>' * 10**5}")


FORGED = "def graded(*_args, **_options):\n    from unittest.mock import MagicMock\n    return MagicMock()"


@attack("cells", "locked-with-additions")
def locked_with_additions(book: Book) -> None:
    """Add definitions below the texts of locked cells, as if cells had been merged."""
    for name in (*GRADED, "preparacion", "double-enunciado"):
        book.cell(name).source += f"\n\n{FORGED}"


@attack("cells", "names-forgotten")
def names_forgotten(book: Book) -> None:
    """Lose every name, and bring copies of the tests that give points."""
    copies = [new_code_cell(f"{book.cell(name).source}\n\n{FORGED}\n\n5.0") for name in GRADED]
    for number, each in enumerate(book.node.cells):
        each.metadata, each.id = nbformat.from_dict({}), f"x{number}"
    book.node.cells = [*copies, *book.node.cells, *copy.deepcopy(copies)]


@attack("cells", "hidden-tests-forged")
def hidden_tests_forged(book: Book) -> None:
    """Write hidden tests of one's own between their markers, and a definition below them."""
    for name in GRADED[1:]:
        book.cell(name).source += f"\n### BEGIN HIDDEN TESTS\n5.0\n### END HIDDEN TESTS\n\n{FORGED}"


@attack("cells", "answers-of-others")
def answers_of_others(book: Book) -> None:
    """Define under a condition, in every other cell, what each exercise wants, and cut a test in two."""
    wrong = "if not __builtins__:\n    pass\nelse:\n    def double(x):\n        return x * 0 + 5"
    for name in ("preparacion", "double-publico"):
        book.add(wrong, name)
    text = book.cell("double-publico").source
    book.cell("double-publico").source = text[: len(text) // 2]
    book.add(text[len(text) // 2 :], "double-publico")
