"""Signatures as files for classic Outlook."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.shortcuts import render

from audit.operations import record
from customers.models import Customer
from rollout.exports import files_of_everybody, signed_people
from rollout.files import extras, streamed_zip
from rollout.models import Way
from rollout.operations import note_arrivals
from rollout.views import form_page
from signatures.access import area_required


@area_required
@form_page
def signature_files(request, area):
    if request.method != "POST":
        context = {"area": area, "people_count": area.customer.people.count()}
        return render(request, "rollout/signature_files.html", context)
    record("signature_files_made", area.customer, by=area.by, reseller_id=area.customer.reseller_id)
    # By the client's pace: a thousand people take seconds, and memory holds some at a time.
    response = StreamingHttpResponse(
        streamed_zip(everything(area.customer)), content_type="application/zip"
    )
    response["Content-Disposition"] = f'attachment; filename="signatures-{area.customer.code}.zip"'
    return response


def everything(customer: Customer) -> Iterator[tuple[str, bytes]]:
    yield from extras()
    for people in signed_people(customer):
        yield from files_of_everybody(people)
        note_arrivals(way=Way.FILES, versions=people)
