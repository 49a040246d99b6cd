"""Find students' ids, names and addresses in texts, where others' records and files name them."""

from __future__ import annotations

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from torchaula.classroom.privacy.people import Identity, plain

SHORTEST = 2  # characters of an id that is looked for in texts
NOBODY = "–"
FEW = 50  # most needles that are looked for before a file is decoded
WORD = re.compile(r"[^\W_]+")
# Letters and digits around a name make another name of it, and so do signs that join it to them: `ana` is
# neither in `anabel` nor in `ana@uni.es` nor in `ana-maria`.
BEFORE = r"(?<![^\W_])(?<![^\W_][-.@+'])"
BEHIND = r"(?![^\W_])(?![-.@+'][^\W_])"


class Mentions:
    """What names some students, told from what names `others`, such as a longer name that contains it.

    The words of a text are looked up one by one, so that a whole class takes no longer than one student.
    """

    def __init__(self, wanted: Iterable[Identity], others: Iterable[Identity] = ()) -> None:
        self._texts = {text.casefold() for text in _texts(wanted) if len(text) >= SHORTEST}
        words = {word for text in self._texts for word in WORD.findall(text)}
        longer = {text for text in _texts(others) if words & set(WORD.findall(text.casefold()))}
        # By the first word of a text: how far into the text that is, and the text's pattern.
        self._by_word: defaultdict[str, list[tuple[int, re.Pattern[str]]]] = defaultdict(list)
        for text in sorted(self._texts | longer, key=len, reverse=True):
            if first := WORD.search(text):
                self._by_word[first[0].casefold()].append((first.start(), _pattern(text)))
        self._needles = {needle for text in self._texts for needle in _written(text.split()[0])}

    def within(self, text: str) -> bool:
        """Whether a text names one of them."""
        return next(self._found(plain(text)), None) is not None

    def within_bytes(self, content: bytes) -> bool:
        """Whether a file's content names one of them, in plain text, JSON or HTML."""
        if len(self._needles) <= FEW:
            lower = content.lower()
            if not any(needle in lower for needle in self._needles):
                return False
        text = content.decode("utf-8", "replace")
        return self.within(text) or self.within(_unescaped(text))

    def without(self, text: str) -> str:
        """The text with a dash in place of each of their names."""
        made, end, whole = [], 0, plain(text)
        for found in self._found(whole):
            made += [whole[end : found.start()], NOBODY]
            end = found.end()
        return "".join([*made, whole[end:]]) if made else text

    def _found(self, text: str) -> Iterator[re.Match[str]]:
        end = 0
        for word in WORD.finditer(text):
            for before, pattern in self._by_word.get(word[0].casefold(), ()):
                start = word.start() - before
                if start >= end and (found := pattern.match(text, start)):
                    end = found.end()
                    if " ".join(found[0].casefold().split()) in self._texts:
                        yield found
                    break


def _texts(identities: Iterable[Identity]) -> set[str]:
    return {" ".join(plain(text).split()) for each in identities for text in each.texts}


def _pattern(text: str) -> re.Pattern[str]:
    body = r"\s+".join(map(re.escape, text.split()))
    return re.compile(f"{BEFORE}{body}{BEHIND}", re.IGNORECASE)


def _written(word: str) -> set[bytes]:
    """A word as files hold it, in lower case as far as ASCII has one."""
    ways = {word, json.dumps(word)[1:-1], html.escape(word), html.escape(word, quote=False)}
    if not word.isascii():  # upper and lower case differ in bytes: look for its plain letters
        ways = {max(re.findall(r"[a-z0-9]*", word), key=len)}
    return {way.encode("utf-8", "surrogateescape").lower() for way in ways}


def _unescaped(text: str) -> str:
    """A text with the escapes of JSON and HTML replaced, as far as names need it."""
    return html.unescape(re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text))
