"""Pages that are shown in a frame with their own inline styles, and can run nothing."""

from typing import Any

from csp.decorators import csp_replace
from django.views.decorators.clickjacking import xframe_options_sameorigin

POLICY = {
    "default-src": ["'none'"],
    "img-src": ["'self'"],
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


# A mail's own pictures come with it, as data.
MAIL_POLICY = POLICY | {"img-src": ["data:"]}


def framed_mail(view: Any) -> Any:
    """The same for a mail, whose pictures stand inside it."""
    return xframe_options_sameorigin(csp_replace(MAIL_POLICY)(view))


def framed(view: Any) -> Any:
    """Let the portal's own pages frame this view's answer; its policy allows no script at all."""
    return xframe_options_sameorigin(csp_replace(POLICY)(view))
