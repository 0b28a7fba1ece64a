"""Text made comparable without moving a character, and words reduced to what they share.

`fold` keeps the length of its text, so that a place in the folded text is the same place in the
original. Whatever cannot be done in one character (Greek letters written out, combining marks,
endings) is done word by word, where no offset depends on it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Words", "canonical", "fold", "inflection", "root", "words"]

_APOSTROPHES: Final = "’‘ʼ`´′"
_GREEK: Final = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu",
    "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau",
    "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
_LIGATURES: Final = {"æ": "ae", "œ": "oe", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}
_JOINERS: Final = ("\u200c", "\u200d", "\u00ad")  # inside a word: it stays one word

Words = tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""The words of a folded text, and where in the text each starts and ends."""


def _ascii_table() -> bytes:
    table = bytearray(b" " * 256)
    for code in range(128):
        letter = chr(code)
        if letter.isalnum():
            table[code] = ord(letter.lower())
    table[ord("'")] = ord("'")
    return bytes(table)


_ASCII: Final = _ascii_table()


class _Plane:
    """What each character of Unicode's first plane folds to, made in pieces of 256 when needed."""

    def __init__(self) -> None:
        self.table = np.empty(0x10000, np.uint16)
        self.made = np.zeros(0x100, np.bool_)

    def of(self, codes: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
        """The folded codes."""
        pieces = codes >> 8
        if not self.made[pieces].all():
            for piece in np.unique(pieces).tolist():
                if not self.made[piece]:
                    first = piece << 8
                    self.table[first : first + 256] = [_folded(first + i) for i in range(256)]
                    self.made[piece] = True
        return self.table[codes]


def _folded(code: int) -> int:
    if code < 128:
        return _ASCII[code]
    if code == 0xFFFF:
        return ord(" ")
    letter = chr(code)
    kind = unicodedata.category(letter)
    if letter in _APOSTROPHES:
        return ord("'")
    if letter in _JOINERS or kind[0] == "M":
        return code
    if kind[0] not in "LN":
        return ord(" ")
    plain = unicodedata.normalize("NFKD", letter).lower()
    base = "".join(each for each in plain if not unicodedata.combining(each))
    # Only what stays one character of this plane can change here.
    one = len(base) == 1 and base.isalnum() and base < "\uffff"
    return ord(base) if one else code


_PLANE: Final = _Plane()


def fold(text: str) -> str:
    """Lower case, base letters, one space for each other character; as long as the text.

    The possessive 's is blanked with its apostrophe, so that Crohn's disease is Crohn disease.
    """
    if text.isascii():
        plain = text.encode("ascii").translate(_ASCII).decode("ascii")
    else:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
        folded = _PLANE.of(np.minimum(codes, 0xFFFF).astype(np.uint16))
        plain = folded.astype("<u2").tobytes().decode("utf-16-le")
    if "'" in plain:
        if plain.endswith("'s"):
            plain = plain[:-2] + "  "
        plain = plain.replace("'s ", "   ").replace("'", " ")
    return plain


def words(folded: str) -> Words:
    """The words of what `fold` gave, with their places."""
    padded = f" {folded} "
    if folded.isascii():
        letters = np.frombuffer(padded.encode("ascii"), np.uint8) != 32
    else:
        letters = np.frombuffer(padded.encode("utf-16-le"), "<u2") != 32
    edges = np.flatnonzero(letters[1:] != letters[:-1])
    return folded.split(), edges[::2], edges[1::2]


def canonical(word: str) -> str:
    """A folded word in ASCII where it can be: Greek letters written out, marks taken off."""
    if word.isascii():
        return word
    spelled = "".join(_GREEK.get(each, _LIGATURES.get(each, each)) for each in word)
    return "".join(
        each
        for each in unicodedata.normalize("NFKD", spelled)
        if unicodedata.category(each)[0] in "LN"
    )


_IRREGULAR: Final = {
    "feet": "foot", "teeth": "tooth", "children": "child", "women": "woman", "men": "man",
    "lice": "louse", "vertebrae": "vertebra", "ova": "ovum", "bacteria": "bacterium",
    "metastases": "metastasis", "crises": "crisis", "testes": "testis", "pelves": "pelvis",
    "prostheses": "prosthesis", "calves": "calf", "halves": "half", "leaves": "leaf",
}  # fmt: skip
_BRITISH: Final = (
    ("oe", "e"), ("ae", "e"), ("tumour", "tumor"), ("colour", "color"), ("behaviour", "behavior"),
    ("odour", "odor"), ("fibre", "fiber"), ("litre", "liter"), ("metre", "meter"),
    ("sulph", "sulf"), ("ysed", "yzed"), ("isation", "ization"), ("leuko", "leuco"),
)  # fmt: skip
_ALPHABETIC: Final = re.compile("[a-z]{4,}").fullmatch


def inflection(word: str) -> str:
    """What the singular, the plural and both spellings of a canonical word share.

    It need not be a word ("diabete"): two words are alike if it is the same for both.
    """
    if not _ALPHABETIC(word):
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for british, plain in _BRITISH:
        if british in word:
            word = word.replace(british, plain)
    if word[-1] == "s":
        if word.endswith(("ss", "us", "is")):
            return word
        if word.endswith("ies") and len(word) > 5:
            return word[:-3] + "y"
        if word.endswith(("oses", "yses", "eses")) and len(word) > 7:
            return word[:-2] + "is"
        if word.endswith(("sses", "ches", "shes", "xes")):
            return word[:-2]
        return word[:-1]
    if word.endswith("omata"):
        return word[:-2]
    return word


_ENDINGS: Final = tuple(
    sorted(
        (
            *((each, "") for each in (
                "ically", "ation", "ement", "ments", "ness", "ment", "able", "ible", "ies",
                "ity", "ion", "ing", "ous", "ive", "ial", "ed", "al", "ic", "ia", "ly", "ar",
                "um", "us", "es", "ae", "a", "e", "y", "is",
            )),
            ("plastic", "plas"), ("plasia", "plas"), ("plasty", "plasty"),
            ("osis", "o"), ("otic", "o"), ("esis", "e"), ("etic", "e"), ("ysis", "y"),
            ("ytic", "y"), ("ence", "en"), ("ency", "en"), ("ance", "an"), ("ancy", "an"),
            ("ent", "en"), ("ant", "an"), ("ified", "ifi"), ("ification", "ifi"), ("ying", "i"),
            ("ectasis", "ecta"), ("ectatic", "ecta"), ("ectasia", "ecta"),
            ("ility", "il"), ("ile", "il"),
        ),
        key=lambda pair: -len(pair[0]),
    )
)  # fmt: skip
_BY_LAST: Final = {
    last: tuple(pair for pair in _ENDINGS if pair[0][-1] == last)
    for last in sorted({ending[-1] for ending, _ in _ENDINGS})
}
_SHORTEST_ROOT: Final = 4


def root(word: str) -> str:
    """What the forms of a medical word share: hypotonia and hypotonic, retarded and retardation.

    Coarser than `inflection`, for descriptions of several words; two rounds of endings come off,
    and never more than leaves four letters.
    """
    word = inflection(word)
    if len(word) <= _SHORTEST_ROOT or not _ALPHABETIC(word):
        return word
    for _ in range(2):
        for ending, left in _BY_LAST.get(word[-1], ()):
            if word.endswith(ending) and len(word) - len(ending) + len(left) >= _SHORTEST_ROOT:
                word = word[: len(word) - len(ending)] + left
                break
        else:
            break
    return word
