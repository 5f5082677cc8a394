"""Names of companies and people for demo data: made up, German and English, the same each time."""

from random import Random

FIRST = {
    "de": "Anke Bernd Carla Dirk Elif Falk Greta Henning Ines Jan Katrin Lars Merle Nils Olga Paul "
    "Ruth Sven Tülay Uwe Vera Wiebke Yusuf Zoë Jörg Käthe".split(),
    "en": "Alice Brian Chloe Daniel Emma Fiona George Hannah Isaac Julia Kevin Laura Martin Nora "
    "Oliver Priya Quentin Rachel Simon Tara Umar Violet William Zara".split(),
}
LAST = {
    "de": "Albrecht Bäcker Clausen Dietz Engel Förster Groß Hübner Ivers Jäger Krüger Lindner Möller "
    "Neumann Özdemir Petersen Reuter Schäfer Thomsen Ulrich Vogt Weiß Yılmaz Zimmermann".split(),
    "en": "Adams Bennett Carter Dawson Ellis Fletcher Grant Hughes Irving Jenkins Kaur Lawson Morgan "
    "Newton Osborne Parker Quinn Reed Shaw Turner Underwood Walsh Young".split(),
}
TRADES = {
    "de": "Bäckerei Blumen Brauerei Buchhandlung Dachdeckerei Elektro Fahrrad Gärtnerei Hafenlogistik "
    "Heizungsbau Hotel Kanzlei Maschinenbau Möbelhaus Optik Physiotherapie Reederei Spedition "
    "Steuerberatung Tischlerei Verlag Werbeagentur Zahnarztpraxis Ölmühle Übersetzungen".split(),
    "en": "Architects Bakery Books Brewery Builders Clinic Consulting Cycles Dental Design Electrical "
    "Engineering Estates Flooring Gardens Joinery Legal Logistics Marine Media Optics Roofing "
    "Software Travel".split(),
}
PLACES = {
    "de": "Altona Barmbek Celle Dithmarschen Elmshorn Flensburg Glückstadt Husum Itzehoe Jever Kiel "
    "Lübeck Münster Norderstedt Oldenburg Plön Ratzeburg Stade Travemünde Uelzen Verden Wismar".split(),
    "en": "Ashford Bristol Camden Dover Exeter Falmouth Guildford Hastings Ipswich Kendal Leeds Margate "
    "Norwich Oxford Preston Reading Salford Truro Whitby York".split(),
}
FORMS = {
    "de": ["GmbH", "KG", "AG", "e. K.", "OHG", "GbR"],
    "en": ["Ltd", "LLP", "plc", "& Sons", ""],
}


def company_name(dice: Random, number: int) -> str:
    """Return the name of company `number`; two numbers may share all but the number at its end."""
    language = "de" if dice.random() < 0.7 else "en"
    trade, last = dice.choice(TRADES[language]), dice.choice(LAST[language])
    place, form = dice.choice(PLACES[language]), dice.choice(FORMS[language])
    shapes = {
        "de": [f"{trade} {last} {form}", f"{last} {trade} {form}", f"{trade} {place} {form}"],
        "en": [f"{last} {trade} {form}", f"{place} {trade} {form}"],
    }
    name = dice.choice(shapes[language]).strip()
    # Few words make few names: large demos number them, as branches are numbered.
    return name if number < 60 else f"{name} {number}"


def person_name(dice: Random) -> str:
    language = "de" if dice.random() < 0.7 else "en"
    return f"{dice.choice(FIRST[language])} {dice.choice(LAST[language])}"
