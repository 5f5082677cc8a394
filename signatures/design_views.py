"""The pages about designs: the list, the gallery, the editor, the brand."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from msgspec import structs

from reseller_portal.framing import framed
from signatures.access import SignatureArea, area_required
from signatures.block_forms import FORMS, BlockForm, PictureForm
from signatures.design_operations import (
    go_to_step,
    keep_draft,
    keep_picture,
    remove_design,
    save_brand,
    start_design,
)
from signatures.document import (
    KINDS,
    AnyBlock,
    Document,
    Picture,
    as_json,
    dressed,
    kind_of,
    read_document,
)
from signatures.errors import DesignInUse, NoFurtherStep, StaleDraft
from signatures.forms import BrandForm, NewDesignForm, PastedForm, StyleForm
from signatures.gallery import STARTS, TEMPLATES
from signatures.icons import EXAMPLE_LOGO, LOGO_SIZE
from signatures.models import Design, brand_of, signature_of
from signatures.outline import BlockGone, NoRoom, added, changed, copied, dropped, find, moved
from signatures.outline import removed as without
from signatures.pasted import NothingInIt, Pasted, design_of
from signatures.presentation import KIND_WORDS, example_values, outline_rows
from signatures.views import bare_page

form_page = require_http_methods(["GET", "POST"])
MOST_PEOPLE = 200  # in the list to choose from


@area_required
@require_GET
def designs(request, area):
    return render(
        request, "signatures/designs.html", {"area": area, "designs": area.customer.designs.all()}
    )


@area_required
@form_page
def new_design(request, area):
    form = NewDesignForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        template = TEMPLATES[form.cleaned_data["template"]]
        design = start_design(
            customer=area.customer,
            document=template.document(),
            name=str(template.label),
            by=area.by,
        )
        return redirect("design", area.customer.code, design.code)
    return render(
        request,
        "signatures/new_design.html",
        {"area": area, "form": form, "templates": TEMPLATES.values()},
    )


@area_required
@form_page
def pasted_design(request, area):
    """Start a design from a signature that is copied out of a mail program."""
    people = area.customer.people.with_company()
    form = PastedForm(
        request.POST if request.method == "POST" else None, people=people[:MOST_PEOPLE]
    )
    if form.is_valid():
        person = people.filter(code=form.cleaned_data["person"]).first()
        try:
            pasted = design_of(
                form.cleaned_data["html"],
                person.values() if person else {},
                images_from=settings.BASE_URL + "/pictures/",
                language=request.LANGUAGE_CODE[:2],
            )
        except NothingInIt:
            form.add_error("html", _("There is no text of a signature in it, or far too much."))
        else:
            design = start_design(
                customer=area.customer,
                document=pasted.document,
                name=_("Pasted signature"),
                by=area.by,
            )
            _say_what_became(request, pasted)
            address = reverse("design", args=[area.customer.code, design.code])
            return redirect(f"{address}?block=b1")
    return render(request, "signatures/pasted_design.html", {"area": area, "form": form})


def _say_what_became(request, pasted: Pasted) -> None:
    names = ", ".join(f"{{{{ {name} }}}}" for name in pasted.placeholders)
    if names:
        messages.success(
            request, _("These placeholders were put in; look whether they fit: %s") % names
        )
    else:
        messages.warning(request, _("No placeholder was found. Put them in where they belong."))
    if pasted.pictures:
        messages.warning(
            request,
            ngettext(
                "%d picture was left out. Upload it as the brand's logo or as a picture.",
                "%d pictures were left out. Upload them as the brand's logo or as pictures.",
                pasted.pictures,
            )
            % pasted.pictures,
        )


@area_required
@form_page
def design(request, area, design_code):
    """Show the editor; POST keeps what was typed in the panel and does what was clicked."""
    found = find_design(area, design_code)
    if request.method == "POST":
        return _Edit(request, area, found).answer()
    return render(request, "signatures/design.html", _page(request, area, found, request.GET))


class _Edit:
    """One POST of the editor: first what was typed in the open panel, then what was clicked."""

    def __init__(self, request, area: SignatureArea, design: Design) -> None:
        self.request, self.area, self.design = request, area, design
        self.document = read_document(design.document)
        self.wish, _colon, self.what = request.POST.get("do", "save").partition(":")
        self.open = request.POST.get("block", "")
        self.revision = seen_revision(request)

    def answer(self) -> HttpResponse:
        if self.wish in {"undo", "redo"}:
            return self._step()
        form = self._form()
        if form is not None and not form.is_valid():
            return self._page(form=form)
        if self.revision != self.design.revision:
            return self._page(form=form, stale=True)
        try:
            document = self._typed(form)
            document, opened = self._clicked(document)
            name = form.cleaned_data["name"] if isinstance(form, StyleForm) else None
            block = self.open if self.wish in {"save", "autosave"} else ""
            self.design = keep_draft(
                design=self.design,
                document=document,
                revision=self.revision,
                by=self.area.by,
                block=block or ("style" if self.wish == "autosave" else ""),
                name=name,
            )
        except StaleDraft:
            self.design.refresh_from_db()
            return self._page(form=form, stale=True)
        except BlockGone:
            return self._page(form=None, problem=_("This block is not there any more."))
        except NoRoom:
            return self._page(form=form, problem=_("A design takes 60 blocks at most."))
        if self.wish == "autosave":
            return self._page(form=form, saved=True)
        if self.wish == "save" and not self.request.htmx:
            messages.success(self.request, _("The draft is saved. Nothing is published yet."))
        return self._redirect(opened)

    def _step(self) -> HttpResponse:
        try:
            self.design = go_to_step(
                design=self.design,
                forward=self.wish == "redo",
                revision=self.revision,
                by=self.area.by,
            )
        except StaleDraft:
            return self._page(form=None, stale=True)
        except NoFurtherStep:
            pass
        names = {block.id for block, *_rest in outline_rows(read_document(self.design.document))}
        return self._redirect({"block": self.open} if self.open in names else {})

    def _form(self) -> BlockForm | StyleForm | None:
        """Return the form of the open panel with what was typed; None where there is none."""
        if self.request.POST.get("panel") == "style":
            return StyleForm(self.request.POST)
        block = _found(self.document, self.open)
        if block is None:
            return None
        return _block_form(self.area, block, self.request.POST, self.request.FILES)

    def _typed(self, form: BlockForm | StyleForm | None) -> Document:
        if isinstance(form, StyleForm):
            return structs.replace(self.document, **form.style())
        if form is None:
            return self.document
        if isinstance(form, PictureForm) and (upload := form.cleaned_data["upload"]):
            form.kept = keep_picture(customer=self.area.customer, data=upload)
        return changed(self.document, form.changed_block())

    def _clicked(self, document: Document) -> tuple[Document, dict[str, str]]:
        """Return the document after the click, and what is open then, as the address says it."""
        what, stays = self.what, {"block": self.open} if self.open else {}
        match self.wish:
            case "open":
                return document, {"block": what} if what else {}
            case "choose":
                return document, {"at": what or "end", **stays}
            case "add" if what in KINDS:
                block = KINDS[what](id="b1", **STARTS.get(what, {}))
                place = self.request.POST.get("at", "")
                if place in {"", "end"}:
                    document, name = added(document, block, after=self.open)
                else:
                    document, name = added(document, block, place=place)
                return document, {"block": name}
            case "up" | "down":
                return moved(document, what, self.wish), stays
            case "copy":
                document, name = copied(document, what)
                return document, {"block": name}
            case "remove":
                return without(document, what), {} if what == self.open else stays
            case "drop":
                name, _at, place = what.partition("@")
                place, _slash, index = place.partition("/")
                number = int(index) if index.isdecimal() else 0
                return dropped(document, name, place=place, index=number), {"block": name}
        return document, stays

    def _page(self, **facts: Any) -> HttpResponse:
        is_part = self.wish == "autosave" and self.request.htmx
        template = "signatures/design_state.html" if is_part else "signatures/design.html"
        page = _page(self.request, self.area, self.design, self.request.POST, **facts)
        if is_part and page["stale"]:
            # The next key must not save what was refused: only who is told anew may decide so.
            page["revision"] = self.revision
        return render(self.request, template, page)

    def _redirect(self, opened: dict[str, str]) -> HttpResponse:
        query = QueryDict(mutable=True)
        query.update(opened)
        if person := self.request.POST.get("person"):
            query["person"] = person
        address = reverse("design", args=[self.area.customer.code, self.design.code])
        address += f"?{query.urlencode()}" if query else ""
        if not self.request.htmx:
            return redirect(address)
        saved = self.wish == "save"
        page = _page(self.request, self.area, self.design, query, saved=saved)
        answer = render(self.request, "signatures/design.html", page)
        answer["HX-Replace-Url"] = address
        return answer


def _page(
    request,
    area: SignatureArea,
    design: Design,
    asked: QueryDict,
    *,
    form: BlockForm | StyleForm | None = None,
    stale: bool = False,
    saved: bool = False,
    problem: str = "",
) -> dict[str, Any]:
    """Return what the editor's page shows: the outline, the open panel, the preview."""
    document = read_document(design.document)
    block = _found(document, asked.get("block", ""))
    at = asked.get("at", "")
    if form is None and not at:
        form = (
            _block_form(area, block)
            if block
            else StyleForm(
                initial=StyleForm.initial_of(document, brand_of(area.customer), design.name)
            )
        )
    steps = design.steps
    return {
        "area": area,
        "design": design,
        "revision": design.revision,
        "rows": outline_rows(document),
        "opened": block,
        "block_words": KIND_WORDS[kind_of(block)] if block else None,
        "form": form,
        "at": at,
        "kinds": KIND_WORDS.values(),
        "stale": stale,
        "saved": saved,
        "problem": problem,
        "may_undo": steps.filter(number__lt=design.step).exists(),
        "may_redo": steps.filter(number__gt=design.step).exists(),
        "last_step": steps.select_related("by").filter(number=design.step).first(),
        "people": area.customer.people.all()[:MOST_PEOPLE],
        "shown_code": asked.get("person", ""),
    }


def _block_form(area: SignatureArea, block: AnyBlock, *given) -> BlockForm:
    own = {f"field.{each.key}": each.label for each in area.customer.own_fields.all()}
    return FORMS[kind_of(block)](*given, block=block, own=own)


def _found(document: Document, name: str) -> AnyBlock | None:
    try:
        return find(document, name) if name else None
    except BlockGone:
        return None


@area_required
@require_POST
def design_copy(request, area, design_code):
    """Start a design that is as this draft."""
    found = find_design(area, design_code)
    copy = start_design(
        customer=area.customer,
        document=read_document(found.document),
        name=_("%(name)s (copy)") % {"name": found.name[:110]},
        by=area.by,
    )
    messages.success(request, _("This is the copy. Give it a name of its own."))
    return redirect("design", area.customer.code, copy.code)


@area_required
@form_page
def design_removal(request, area, design_code):
    found = find_design(area, design_code)
    if request.method == "POST":
        try:
            remove_design(design=found, by=area.by)
        except DesignInUse:
            messages.error(request, _("This design is in use. Publish another one first."))
        else:
            messages.success(request, _("“%(name)s” is removed.") % {"name": found.name})
        return redirect("designs", area.customer.code)
    return render(request, "signatures/design_removal.html", {"area": area, "design": found})


@area_required
@form_page
def brand(request, area):
    kept = brand_of(area.customer)
    form = BrandForm(
        request.POST if request.method == "POST" else None, request.FILES or None, instance=kept
    )
    if form.is_valid():
        save_brand(
            customer=area.customer,
            fields=form.brand_fields(),
            logo=form.cleaned_data["new_logo"],
            by=area.by,
        )
        messages.success(
            request,
            _("The brand is saved. Colours and logo reach people when a design is published."),
        )
        return redirect("brand", area.customer.code)
    return render(request, "signatures/brand.html", {"area": area, "form": form, "brand": kept})


@area_required
@require_GET
@framed
def design_frame(request, area, design_code):
    """Answer with the draft's signature alone, for the person asked for or an example."""
    found = find_design(area, design_code)
    people = area.customer.people.with_company()
    person = people.filter(code=request.GET.get("person", "")).first()
    values = person.values() if person else example_values(area.customer)
    return bare_page(signature_of(found.draft(), values).html)


@area_required
@require_GET
@framed
def template_frame(request, area, template):
    """Answer with a template of the gallery, in the customer's brand, for an example."""
    if template not in TEMPLATES:
        raise Http404
    look = brand_of(area.customer).look()
    if look.logo is None:
        look = look._replace(logo=Picture(str(EXAMPLE_LOGO), *LOGO_SIZE))
    document = as_json(dressed(TEMPLATES[template].document(), look))
    return bare_page(signature_of(document, example_values(area.customer)).html)


def seen_revision(request) -> int:
    """Return which state of the draft the form was made from, 0 when it does not say."""
    revision = request.POST.get("revision", "")
    return int(revision) if revision.isdecimal() and len(revision) < 9 else 0


def find_design(area, code) -> Design:
    designs = area.customer.designs.select_related("customer__brand__logo")
    return get_object_or_404(designs, code=code)
