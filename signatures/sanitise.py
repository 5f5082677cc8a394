"""What a signature's HTML may hold: what e-mail needs, nothing else."""

import nh3

TAGS = {"table", "tbody", "tr", "td", "a", "img", "br", "b", "strong", "i", "em", "span"}
ATTRIBUTES = {
    "table": {"cellpadding", "cellspacing", "border", "role", "style", "width", "bgcolor", "align"},
    "td": {"colspan", "rowspan", "valign", "align", "height", "width", "bgcolor", "style"},
    "tr": {"style", "bgcolor"},
    "a": {"href", "style"},
    "img": {"src", "width", "height", "alt", "style"},
    "span": {"style"},
}
STYLES = {
    "background-color",
    "border",
    "border-collapse",
    "border-left",
    "border-top",
    "color",
    "display",
    "font-family",
    "font-size",
    "font-weight",
    "line-height",
    "mso-line-height-rule",
    "padding",
    "text-decoration",
}
SCHEMES = {"http", "https", "mailto", "tel"}


def clean_signature(html: str, *, images_from: str) -> str:
    """Return the HTML reduced to what is allowed; images only from the portal's own address."""

    def judge(tag: str, attribute: str, value: str) -> str | None:
        if tag == "img" and attribute == "src":
            return value if value.startswith(images_from) else None
        if tag == "a" and attribute == "href":
            return value if value.startswith(("https://", "http://", "mailto:", "tel:")) else None
        if attribute == "style" and ("url(" in value.lower() or "\\" in value):
            return None
        return value

    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=judge,
        filter_style_properties=STYLES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
        strip_comments=True,
    )
