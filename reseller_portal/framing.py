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


def framed(view: Any) -> Any:
    """Let the portal's own pages frame this view's answer; its policy allows no script at all."""
    return xframe_options_sameorigin(csp_replace(POLICY)(view))
