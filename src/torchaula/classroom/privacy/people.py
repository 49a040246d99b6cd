"""Know everybody that a course has something of, and whose a row, an upload or a file's name is."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

import msgspec

from torchaula.classroom.intake import roster
from torchaula.classroom.intake.blackboard import entries as blackboard
from torchaula.classroom.intake.canvas.names import squeezed
from torchaula.classroom.intake.place import Person, Platform
from torchaula.errors import Refusal
from torchaula.i18n import _, some

UPLOAD = re.compile(r"(?P<name>[^_@]+)_(?P<number>[0-9]+)")
MOST_NAMES = 3  # how many students a refusal names


class Identity(msgspec.Struct, frozen=True):
    """A student's id, and the names and addresses that the course has known them by."""

    id: str
    names: tuple[tuple[str, str], ...] = ()  # first and last name
    addresses: tuple[str, ...] = ()  # e-mail addresses and the platform's ids

    def merged(self, other: Identity) -> Identity:
        """This identity with what another source knows of the same student."""
        names = dict.fromkeys([*self.names, *other.names])
        return Identity(self.id, tuple(names), tuple(dict.fromkeys([*self.addresses, *other.addresses])))

    @property
    def full_names(self) -> list[str]:
        """The full names, with the first and with the last name first; one name alone, where that is all."""
        pairs = [(first.strip(), last.strip()) for first, last in self.names]
        ways = [name for a, b in pairs if a and b for name in (f"{a} {b}", f"{b} {a}", f"{b}, {a}")]
        return [*ways, *(a or b for a, b in pairs if bool(a) != bool(b))]

    @property
    def texts(self) -> list[str]:
        """What would name this student in a text, also as platforms write names in files.

        One name alone is no one's: others have it too.
        """
        full = [name for name in self.full_names if " " in name]
        as_files = (roster.LEFT_OUT.sub("", name) for name in full)
        return list(dict.fromkeys([self.id, *full, *as_files, *self.addresses]))


class Ambiguous(Refusal):
    """Something belongs to one of several students, and nothing tells to whom."""


@dataclass(frozen=True)
class Told:
    """What a row, or a platform's file name, says about a person. Unknown fields are empty."""

    addresses: Collection[str] = ()
    name: str = ""
    number: str = ""


class People:
    """Everybody whom the course knows, by what names them."""

    def __init__(self, identities: Iterable[Identity]) -> None:
        self.identities: dict[str, Identity] = {}
        for each in identities:
            known = self.identities.get(plain(each.id))
            self.identities[plain(each.id)] = known.merged(each) if known else each
        self._by_address: defaultdict[str, set[str]] = defaultdict(set)
        self._by_name: defaultdict[str, set[str]] = defaultdict(set)
        self._by_squeezed: defaultdict[str, set[str]] = defaultdict(set)
        for id, each in self.identities.items():
            for address in (each.id, *each.addresses):
                self._by_address[plain(address).casefold()].add(id)
            for name in each.full_names:
                self._by_name[roster.key(name)].add(id)
                self._by_squeezed[squeezed(name)].add(id)

    def whose(self, told: Told) -> set[str]:
        """The ids of the students who may be meant: by address, else by name, else by an id made of it."""
        for address in told.addresses:
            if found := self._by_address.get(plain(address).strip().casefold()):
                return set(found)
        for address in told.addresses:
            if upload := UPLOAD.fullmatch(address):  # a platform's name, where nobody was found
                return self.whose(Told((), upload["name"], upload["number"]))
        if not told.name:
            return set()
        return set(self._by_name.get(roster.key(told.name), ())) or self._made(told.name, told.number)

    def _made(self, name: str, number: str) -> set[str]:
        """The ids that are made of a name where there is no list of students."""
        slug = re.sub(r"[^a-z0-9]+", "-", roster.key(name)).strip("-")
        if (whole := f"{name}_{number}") in self.identities:
            return {whole}
        made = (f"{slug}-{number}", slug)
        return {id for id in made if id in self.identities and not self.identities[id].full_names}

    def whose_upload(self, person: Person, told: Told) -> set[str]:
        """The ids of the students who may be a platform's person, of whom its table says `told`."""
        if person.platform is Platform.CANVAS:
            return self._whose_user(person, told)
        if person.platform is Platform.BLACKBOARD:
            found = self._with_addresses(blackboard.row(person).logins)
            return found or self._made(blackboard.user(person), "") or self._made(person.name, "")
        name = told.name or person.name
        return self.whose(Told(told.addresses, name, person.number)) or self.whose(
            Told((), person.name, person.number)
        )

    def _whose_user(self, person: Person, told: Told) -> set[str]:
        """Those whom Canvas' id or logins prove; else those of this name who have no other id there."""
        numbers = {id for id, each in self.identities.items() if person.number in each.addresses}
        if sure := numbers | self._with_addresses(told.addresses):
            return sure
        named = self._by_name.get(roster.key(told.name), set()) if told.name else set()
        named = named or self._by_squeezed.get(squeezed(person.name), set())
        if free := {id for id in named if not self._has_number(id)}:
            return free
        made = (self._made(name, person.number) for name in (told.name, person.name) if name)
        return next(filter(None, made), set())

    def _has_number(self, id: str) -> bool:
        return any(address.isdecimal() for address in self.identities[id].addresses)

    def _with_addresses(self, addresses: Iterable[str]) -> set[str]:
        every = (self._by_address.get(plain(each).strip().casefold(), set()) for each in addresses)
        return set().union(*every)

    def whose_file(self, name: str) -> set[str]:
        """The ids of the students with whom a file's name begins, as platforms name it: `ana_1_mlp.ipynb`."""
        stem = PurePosixPath(name).name
        for suffix in (".gz", ".tar", ".zip", ".tgz", ".ipynb"):
            stem = stem.removesuffix(suffix)
        parts = stem.split("_")
        for count in range(len(parts), 0, -1):  # the longest first: `ana_b` is another one than `ana`
            start = "_".join(parts[:count])
            name = roster.without_accents(start)
            found = self._by_address.get(plain(start).casefold()) or self._by_squeezed.get(name)
            if found:
                return set(found)
        return set()


def plain(text: str) -> str:
    """A text in one Unicode form: systems write accents in two."""
    return unicodedata.normalize("NFC", text)


def require_clear(where: str, what: str, candidates: Collection[str], wanted: Collection[str]) -> str | None:
    """The one candidate if it is wanted; None if none of them is.

    Raises `Ambiguous` if several students may be meant, and one of them is wanted.
    """
    if not set(candidates) & set(wanted):
        return None
    if len(candidates) == 1:
        return next(iter(candidates))
    if set(candidates) <= set(wanted):
        return min(candidates)
    raise Ambiguous(
        _(
            "{path}: {what} may be of {students}, and nothing was removed; delete this file, or what is of "
            "the right one in it, and try again"
        ).format(path=where, what=what, students=some(sorted(candidates), MOST_NAMES))
    )
