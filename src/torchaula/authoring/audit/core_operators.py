"""The operators of cosmic-ray that fit here, each occurrence once; what they change is any Python."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, permutations

from torchaula.authoring.audit.kinds import Kind
from torchaula.errors import Refusal
from torchaula.i18n import _

# Among themselves only: a float has no `<<`, so that mutant would fail any test.
ARITHMETIC = ("Add", "Sub", "Mul", "Div", "FloorDiv", "Mod", "Pow")
BITWISE = ("BitOr", "BitAnd", "BitXor")
COMPARISONS = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE")
OPERATORS = {
    **{
        f"ReplaceBinaryOperator_{a}_{b}": Kind.ARITHMETIC
        for group in (ARITHMETIC, BITWISE)
        for a, b in permutations(group, 2)
    },
    **{f"ReplaceComparisonOperator_{a}_{b}": Kind.COMPARISON for a, b in permutations(COMPARISONS, 2)},
    "ReplaceComparisonOperator_Is_IsNot": Kind.COMPARISON,
    "ReplaceComparisonOperator_IsNot_Is": Kind.COMPARISON,
    "ReplaceUnaryOperator_USub_UAdd": Kind.UNARY,
    "ReplaceUnaryOperator_Delete_Not": Kind.UNARY,
    "ReplaceUnaryOperator_Delete_Invert": Kind.UNARY,
    "AddNot": Kind.BOOLEAN,
    "ReplaceTrueWithFalse": Kind.BOOLEAN,
    "ReplaceFalseWithTrue": Kind.BOOLEAN,
    "ReplaceAndWithOr": Kind.BOOLEAN,
    "ReplaceOrWithAnd": Kind.BOOLEAN,
    "ReplaceBreakWithContinue": Kind.FLOW,
    "ReplaceContinueWithBreak": Kind.FLOW,
    "ZeroIterationForLoop": Kind.FLOW,
    "ExceptionReplacer": Kind.FLOW,
    "NumberReplacer": Kind.NUMBER,
}


def changed(source: str) -> Iterator[tuple[Kind, str]]:
    """The text with each change that an operator of cosmic-ray makes. Raises `Refusal` without cosmic-ray.

    Its function is internal, so its version is pinned in `constraints.txt`.
    """
    try:
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.operators.provider import OperatorProvider
    except ImportError:
        raise Refusal(_("the audit needs cosmic-ray: pip install 'torchaula[dev]'")) from None
    provider = OperatorProvider()
    for name, kind in OPERATORS.items():
        for occurrence in count():
            made = mutate_code(source, provider[name](), occurrence)
            if made is None:
                break
            yield kind, made
