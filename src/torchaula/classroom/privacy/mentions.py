"""Find students' ids, names and addresses in texts, where others' records and files name them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable

from torchaula.classroom.privacy.people import Identity, plain

SHORTEST = 2  # characters of an id that is looked for in texts
NOBODY = "–"
# Letters and digits around a name make another name of it, and so do signs that join it to them: `ana` is
# neither in `anabel` nor in `ana@uni.es` nor in `ana-maria`.
BEFORE = r"(?<![^\W_])(?<![^\W_][-.@+'])"
BEHIND = r"(?![^\W_])(?![-.@+'][^\W_])"


class Mentions:
    """What names some students, told from what names `others`, such as a longer name that contains it."""

    def __init__(self, wanted: Iterable[Identity], others: Iterable[Identity] = ()) -> None:
        texts = {plain(t).strip() for each in wanted for t in each.texts}
        self._texts = {t.casefold() for t in texts if len(t) >= SHORTEST}
        longer = {plain(t).strip() for each in others for t in each.texts}
        longer = {text for text in longer if self._is_longer(text.casefold())}
        every = sorted({*self._texts, *longer}, key=len, reverse=True)
        body = "|".join(r"\s+".join(map(re.escape, text.split())) for text in every if text)
        self._pattern = re.compile(f"{BEFORE}(?:{body}){BEHIND}", re.IGNORECASE) if body else None
        self._needles = {needle for text in self._texts for needle in _written(text.split()[0])}

    def _is_longer(self, text: str) -> bool:
        return text not in self._texts and any(mine in text for mine in self._texts)

    def within(self, text: str) -> bool:
        """Whether a text names one of them."""
        return any(self._is_wanted(found) for found in self._found(text))

    def within_bytes(self, content: bytes) -> bool:
        """Whether a file's content names one of them, in plain text, JSON or HTML."""
        lower = content.lower()
        if not any(needle in lower for needle in self._needles):
            return False
        text = content.decode("utf-8", "replace")
        return self.within(text) or self.within(_unescaped(text))

    def without(self, text: str) -> str:
        """The text with a dash in place of each of their names."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: NOBODY if self._is_wanted(found) else found[0], plain(text))

    def _found(self, text: str) -> Iterable[re.Match[str]]:
        return self._pattern.finditer(plain(text)) if self._pattern else ()

    def _is_wanted(self, found: re.Match[str]) -> bool:
        return " ".join(found[0].casefold().split()) in self._texts


def _written(word: str) -> set[bytes]:
    """A word as files hold it, in lower case as far as ASCII has one."""
    ways = {word, json.dumps(word)[1:-1], html.escape(word), html.escape(word, quote=False)}
    if not word.isascii():  # upper and lower case differ in bytes: look for its plain letters
        ways = {max(re.findall(r"[ -~]*", word), key=len)}
    return {way.encode("utf-8", "surrogateescape").lower() for way in ways}


def _unescaped(text: str) -> str:
    """A text with the escapes of JSON and HTML replaced, as far as names need it."""
    return html.unescape(re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text))
