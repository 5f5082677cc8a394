"""What `manage.py check` refuses: a page that does not say for whom it is."""

from django.core.checks import Error, register
from django.urls import URLPattern, URLResolver, get_resolver


@register
def every_page_names_its_audience(app_configs, **kwargs) -> list[Error]:
    """Deny by default: a view without an `audience` (the guards in access.py set it) is refused."""
    return [
        Error(
            f"The page {pattern.name or pattern.pattern} does not say who may open it.",
            id="portal.E001",
        )
        for pattern in _pages(get_resolver().url_patterns)
        if not hasattr(pattern.callback, "audience")
    ]


def _pages(patterns):
    for each in patterns:
        if isinstance(each, URLPattern):
            yield each
        elif isinstance(each, URLResolver) and each.namespace != "admin":  # guarded as a whole
            yield from _pages(each.url_patterns)
