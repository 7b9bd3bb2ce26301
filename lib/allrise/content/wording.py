"""Words that generated text never uses about schools: it describes, and asks; it does not judge.

The list is data for tests and for anyone who adds a sentence; names of schools may hold such words
(``Good Shepherd Primary``) and are left out of the check by giving them as ``names``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from allrise.framework import base_language

#: Patterns (whole words, any case) by language. ``weak school`` is banned; a profile's weakest factor is the paper's own idea.
JUDGING: dict[str, tuple[str, ...]] = {
    "en": (
        r"under-?perform\w*",
        r"out-?perform\w*",
        r"(?:high|low|top|poor(?:ly)?|well)[- ]perform\w+",
        r"fail(?:s|ed|ing|ure|ures)?",
        r"best",
        r"worst",
        r"better",
        r"worse",
        r"good",
        r"bad(?:ly)?",
        r"poor(?:ly|er|est)?",
        r"excellent",
        r"outstanding",
        r"inadequate",
        r"coasting",
        r"disappoint\w*",
        r"alarming\w*",
        r"impressive\w*",
        r"weak(?:er|est)? schools?",
        r"strong(?:er|est)? schools?",
        r"(?:top|bottom) schools?",
        r"leagues?",
        r"winners?",
        r"losers?",
        r"lagging",
        r"struggling",
        r"prove[sdn]?",
        r"proof",
        r"thanks to",
    ),
    "fr": (
        r"sous-perform\w*",
        r"surperform\w*",
        r"échec(?:s)?",
        r"échou\w+",
        r"meilleure?s?",
        r"pires?",
        r"bon(?:ne)?s?",
        r"mauvaise?s?",
        r"faibles? écoles?",
        r"écoles? faibles?",
        r"palmarès",
        r"classement",
        r"excellente?s?",
        r"prouv\w+",
        r"grâce aux?",
        r"grâce à",
        r"(?:peu |très |plus |moins )?performante?s?",
        r"médiocres?",
        r"à la traîne",
        r"(?:en tête|en queue)",
        r"gagnante?s?",
        r"perdante?s?",
        r"décevante?s?",
        r"inquiétante?s?",
        r"remarquable(?:ment|s)?",
    ),
}


def judging_words(text: str, language: str = "en", names: Iterable[str] = ()) -> list[str]:
    """Return the words of ``text`` that judge, in order, without those inside ``names``.

    Parameters
    ----------
    text
        Anything the kit wrote.
    language
        Language of the text.
    names
        Names of schools and clusters, and other words of people, taken out first.
    """
    for name in sorted((n for n in names if n), key=len, reverse=True):
        text = text.replace(name, " ")
    return [m.group(0) for m in _pattern(base_language(language)).finditer(text)]


@lru_cache(maxsize=8)
def _pattern(language: str) -> re.Pattern[str]:
    words = JUDGING.get(language, JUDGING["en"])
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)
