"""People and designs of the signature areas, as staff look into trouble."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from reseller_portal.admin_links import ask_to_erase, link_to
from reseller_portal.admin_rows import LookOnlyAdmin
from signatures.models import Design, Person


@admin.register(Person)
class PersonAdmin(LookOnlyAdmin):
    list_display = ["name", "email", "at", "title", "department"]
    search_fields = ["code", "name", "email", "customer__name"]
    list_select_related = ["customer"]
    actions = [ask_to_erase]
    exclude = ["sort_key", "email_key"]

    @admin.display(description=_("customer"))
    def at(self, person: Person):
        return link_to(person.customer)


@admin.register(Design)
class DesignAdmin(LookOnlyAdmin):
    list_display = ["name", "code", "at", "in_use", "changed_at"]
    list_filter = ["in_use"]
    search_fields = ["code", "name", "customer__name"]
    list_select_related = ["customer"]

    @admin.display(description=_("customer"))
    def at(self, design: Design):
        return link_to(design.customer)
