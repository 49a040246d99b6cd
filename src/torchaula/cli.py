"""The command line: each command parses, calls one part, prints, and ends with a telling exit code."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from torchaula.errors import Refusal


@click.group()
@click.version_option(package_name="torchaula")
@click.option(
    "--course", type=click.Path(path_type=Path, file_okay=False), default=".", help="The course's folder."
)
@click.pass_context
def cli(context: click.Context, course: Path) -> None:
    """Build, check and grade the course "Fundamentos de PyTorch"."""
    context.obj = course


@cli.command()
@click.argument("what")
@click.option("--verbose", "-v", is_flag=True, help="Show the learner's message of each failed cell.")
@click.pass_obj
def check(course: Path, what: str, verbose: bool) -> None:
    """Try every known answer of WHAT (`mlp` or `mlp/linear`) against every graded cell."""
    from torchaula.course import answers, notebook
    from torchaula.grading import matrix
    from torchaula.report import matrix_table

    assignment, _, exercise = what.partition("/")
    source = notebook.load(course / "source" / assignment / f"{assignment}.ipynb")
    chosen = [source.exercise(exercise)] if exercise else list(source.exercises.values())
    known = {
        e.id: matrix.known(e, answers.load(course / "answers" / assignment / f"{e.id}.py")) for e in chosen
    }
    all_as_declared = matrix_table.show(source, known, matrix.trials(source, known), verbose)
    sys.exit(0 if all_as_declared else 1)


def main() -> None:
    """Run the command line; a refusal ends it with one clear line and exit code 2."""
    try:
        cli(standalone_mode=True)
    except Refusal as error:
        click.echo(f"torchaula: {error}", err=True)
        sys.exit(2)
