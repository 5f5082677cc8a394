"""German is complete, and no words on a page escape translation."""

import re
from pathlib import Path

import pytest

from reseller_portal.catalogues import found_strings, read_catalogue, untranslated

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
# Words that are the same in both languages: names of products and formats.
SAME = {
    "Outlook",
    "Gmail",
    "CSV",
    "XML",
    "IBAN",
    "BIC",
    "Excel",
    "HTML",
    "Signature",
    "·",
    "×",
    "=",
    "–",
    "›",
}


def ids(catalogue) -> set:
    return {message.id for message in catalogue if message.id}


def test_every_string_stands_in_the_german_catalogue_and_no_other():
    assert ids(read_catalogue("de")) == ids(found_strings())


def test_nothing_is_untranslated_or_fuzzy():
    assert list(untranslated(read_catalogue("de"))) == []


def test_placeholders_survive_translation():
    for message in read_catalogue("de"):
        strings = message.string if isinstance(message.string, tuple) else [message.string]
        source = message.id[-1] if isinstance(message.id, tuple) else message.id
        wanted = sorted(re.findall(r"%\(\w+\)s|%[sd]", source))
        for string in strings:
            assert sorted(re.findall(r"%\(\w+\)s|%[sd]", string)) == wanted, source


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_no_words_in_a_template_escape_translation(file):
    text = file.read_text()
    text = re.sub(r"{% (blocktranslate|comment)\b.*?{% end\1 %}", " ", text, flags=re.S)
    text = re.sub(r"{% block width %}[\w-]+{% endblock %}", " ", text)
    text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<!--.*?-->", " ", text, flags=re.S)
    attributes = re.findall(r"""(?:alt|title|aria-label|placeholder)=["']([^"']*)["']""", text)
    visible = re.sub(r"<[^>]*>", " ", text, flags=re.S)
    words = {
        word
        for word in re.split(r"\s+", " ".join([visible, *attributes]))
        if re.search(r"[A-Za-zÄÖÜäöü]{2,}", word) and not word.startswith("&")
    }
    assert words <= SAME
