"""What Word and PowerPoint files share."""

from __future__ import annotations

#: Where a country writes a language in its own way.
_REGIONS: dict[tuple[str, str], str] = {
    ("en", "GB"): "en-GB",
    ("en", "NZ"): "en-NZ",
    ("en", "AU"): "en-AU",
    ("en", "CA"): "en-CA",
    ("en", "US"): "en-US",
    ("fr", "CA"): "fr-CA",
    ("fr", "FR"): "fr-FR",
}
_DEFAULTS = {"en": "en-GB", "fr": "fr-FR"}


def language_tag(language: str, country: str) -> str:
    """Return the language as Office names it, ``en-NZ``, so that its spelling and voice are right."""
    base, _, region = language.replace("_", "-").partition("-")
    base = base.lower()
    return _REGIONS.get((base, (region or country.split("-")[0]).upper()), _DEFAULTS.get(base, language))
