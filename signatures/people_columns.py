"""Which column of an uploaded table is which field of a person, guessed from its heading. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

HEADINGS = {
    "name": "name fullname displayname anzeigename vollername mitarbeiter mitarbeiterin employee",
    "first_name": "firstname vorname givenname forename rufname",
    "last_name": "lastname nachname familienname surname familyname",
    "degree": "degree titel akademischergrad academictitle academicdegree grad",
    "pronouns": "pronouns pronomen",
    "title": "title jobtitle position funktion stelle berufsbezeichnung rolle role"
    " stellenbezeichnung",
    "department": "department abteilung bereich team organizationalunit orgunit",
    "email": "email emailadresse emailaddress mail adresseemail primaryemail userprincipalname"
    " benutzerprinzipalname mailadresse epost",
    "phone": "phone telefon tel telephone telefonnummer phonenumber businessphones festnetz"
    " workphone telefondienstlich durchwahl",
    "mobile": "mobile mobil handy mobilephone cell cellphone mobiltelefon mobilnummer handynummer",
    "fax": "fax telefax faxnummer faxnumber",
    "street": "street strasse streetaddress strassehausnummer address anschrift"
    " streetandnumber strasseundhausnummer",
    "postcode": "postcode plz postleitzahl zip zipcode postalcode",
    "city": "city ort stadt town wohnort l",
    "country": "country land staat countryorregion landregion",
    "office": "office standort buero physicaldeliveryofficename officelocation niederlassung site",
    "website": "website webseite homepage url internet web",
    "linkedin": "linkedin linkedinprofil linkedinprofile linkedinurl",
    "booking_link": "bookinglink buchungslink terminlink calendly termin booking",
    "language": "language sprache preferredlanguage bevorzugtesprache",
}
_FIELDS = {heading: field for field, words in HEADINGS.items() for heading in words.split()}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class Reading(NamedTuple):
    """A row as a person's fields, or what is wrong with it."""

    values: dict[str, str]
    key: str
    problems: list[str]


def heading_key(heading: str) -> str:
    """Return what spellings of a heading share.

    >>> heading_key("E-Mail-Adresse"), heading_key("Straße")
    ('emailadresse', 'strasse')
    """
    spelled = unicodedata.normalize("NFC", heading).casefold().translate(_UMLAUTS)
    return re.sub(r"[^a-z0-9]", "", spelled)


def guessed_fields(head: Iterable[str], own: Mapping[str, Any]) -> list[str]:
    """Return for each column its field or "", no field twice; `own` is own field → label.

    >>> guessed_fields(["Vorname", "Mail", "Schuhgröße", "E-Mail"], {"field.size": "Schuhgröße"})
    ['first_name', 'email', 'field.size', '']
    """
    named = {heading_key(str(label)): field for field, label in own.items()}
    named |= {heading_key(field.removeprefix("field.")): field for field in own}
    found: list[str] = []
    for heading in head:
        key = heading_key(heading)
        field = named.get(key) or _FIELDS.get(key, "")
        found.append("" if field in found else field)
    return found
