"""Rules in words: for whom, when, and why not."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reseller_portal.words import format_date
from signatures.fields import language_choices
from signatures.models import Rule
from signatures.rules import Idle, Obstacle


def who_words(rule: Rule, labels: dict) -> list[str]:
    """Return the rule's conditions, each a few words; for everybody, that."""
    words = []
    if rule.person:
        words.append(_("only %(name)s") % {"name": rule.person.name})
    if rule.group:
        words.append(_("group “%(name)s”") % {"name": rule.group.name})
    if rule.department:
        words.append(_("department “%(name)s”") % {"name": rule.department})
    if rule.attribute:
        sentence = (
            _("%(field)s is “%(text)s”")
            if rule.comparison == Rule.Comparison.EQUALS
            else _("%(field)s contains “%(text)s”")
        )
        label = labels.get(rule.attribute, rule.attribute)
        words.append(sentence % {"field": label, "text": rule.text})
    if rule.domain:
        words.append(_("addresses at @%(domain)s") % {"domain": rule.domain})
    if rule.language:
        name = dict(language_choices()).get(rule.language, rule.language)
        words.append(_("language %(name)s") % {"name": name})
    return words or [_("everybody")]


def when_words(rule: Rule) -> str:
    language = get_language()
    named = {
        "start": format_date(rule.starts_on, language) if rule.starts_on else "",
        "end": format_date(rule.ends_on, language) if rule.ends_on else "",
    }
    if rule.starts_on and rule.ends_on:
        return _("from %(start)s to %(end)s") % named
    if rule.starts_on:
        return _("from %(start)s") % named
    if rule.ends_on:
        return _("to %(end)s") % named
    return _("always")


def obstacle_words(obstacle: Obstacle) -> str:
    """Return why a rule does not hold for somebody."""
    return {
        Obstacle.PERSON: _("It is for somebody else."),
        Obstacle.GROUP: _("Not in this group."),
        Obstacle.DEPARTMENT: _("In another department, or in none."),
        Obstacle.ATTRIBUTE: _("The field does not say that."),
        Obstacle.DOMAIN: _("The address is at another domain."),
        Obstacle.LANGUAGE: _("Another language, or none."),
        Obstacle.TOO_EARLY: _("It begins later."),
        Obstacle.OVER: _("It is over."),
        Obstacle.UNPUBLISHED: _("Its design is not published yet."),
    }[obstacle]


def idle_words(reason: Idle, places: str) -> str:
    """Return why a rule can hold for nobody; `places` names the rules that leave nothing."""
    return {
        Idle.OVER: _("This rule is over. It can be removed."),
        Idle.UNPUBLISHED: _("Its design is not published yet, so it is passed over."),
        Idle.CONTRADICTORY: _("Its conditions exclude each other: it is for nobody."),
        Idle.EMPTY_GROUP: _("There is nobody in this group."),
        Idle.COVERED: _("It never takes effect: rule %(places)s before it is for the same people.")
        % {"places": places},
    }[reason]
