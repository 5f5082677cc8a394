"""Resellers and their members, as staff set them up."""

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.admin import RecordedAdmin
from reseller_portal.admin_links import link_to
from reseller_portal.admin_rows import LookOnlyAdmin
from resellers.models import Member, Reseller
from resellers.vat_ids import check_vat_id


class ResellerForm(forms.ModelForm):
    """A reseller's own data; a VAT id is checked by its digits, and confirmed by staff."""

    class Meta:
        model = Reseller
        fields: list[str] = []  # those of the page

    def clean(self):
        data = super().clean() or {}
        check_vat_id(self, data)
        if data.get("vat_id_confirmed_on") and not data.get("vat_id"):
            self.add_error("vat_id_confirmed_on", _("There is no VAT id to confirm."))
        return data


class MemberInline(admin.TabularInline):
    model = Member
    fields = ["user", "role", "created_at"]
    readonly_fields = ["user", "role", "created_at"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("user", "reseller")


@admin.register(Reseller)
class ResellerAdmin(RecordedAdmin):
    list_display = ["name", "country", "currency", "trial_days", "created_at", "invite"]
    list_filter = ["country", "currency"]
    search_fields = ["name", "vat_id"]
    form = ResellerForm
    fieldsets = [
        (None, {"fields": ["name", "address", "currency", "language", "trial_days"]}),
        (
            _("Invoices"),
            {
                "fields": [
                    "invoice_name",
                    "invoice_street",
                    "invoice_postcode",
                    "invoice_city",
                    "country",
                    "invoice_email",
                    "vat_id",
                    "vat_id_confirmed_on",
                    "vat_id_evidence",
                ]
            },
        ),
    ]
    inlines = [MemberInline]

    @admin.display(description=_("members"))
    def invite(self, reseller: Reseller):
        address = reverse("admin:invitations_invitation_add")
        return format_html(
            '<a href="{}?reseller={}">{}</a>', address, reseller.pk, _("Invite a member")
        )

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Member)
class MemberAdmin(LookOnlyAdmin):
    list_display = ["user", "role", "of", "created_at"]
    list_filter = ["role"]
    search_fields = ["user__email", "user__name", "reseller__name"]
    list_select_related = ["user", "reseller"]

    @admin.display(description=_("reseller"))
    def of(self, member: Member):
        return link_to(member.reseller)
