"""What the history says in words. Pure."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "subscription_started": _("Subscription started"),
    "subscriptions_exported": _("List of subscriptions exported"),
    "customer_added": _("Customer added"),
    "customer_edits_changed": _("Who may edit signatures changed"),
    "invitation_made": _("Invited"),
    "invitation_sent_again": _("Invitation sent again"),
    "invitation_revoked": _("Invitation revoked"),
    "invitation_accepted": _("Invitation accepted"),
    "person_added": _("Person added"),
    "person_changed": _("Person changed"),
    "person_removed": _("Person removed"),
    "design_started": _("Design started"),
    "design_changed": _("Design changed"),
    "design_published": _("Design published"),
    "design_removed": _("Design removed"),
    "area_opened": _("Signature area opened"),
    "signed_in": _("Signed in"),
    "sign_in_failed": _("Sign-in refused"),
    "sessions_ended": _("Sessions ended"),
    "name_changed": _("Name changed"),
    "password_changed": _("Password changed"),
    "email_change_asked": _("Change of e-mail address asked for"),
    "email_changed": _("E-mail address changed"),
    "second_factor_added": _("Authenticator app added"),
    "second_factor_removed": _("Authenticator app removed"),
    "second_factor_taken": _("Second factor removed by staff"),
    "passkey_added": _("Passkey added"),
    "passkey_removed": _("Passkey removed"),
    "recovery_codes_made": _("New recovery codes made"),
    "own_data_exported": _("Own data downloaded"),
    "second_factor_rule_changed": _("Whether members need a second factor changed"),
    "history_exported": _("History exported"),
    "access_denied": _("Access denied"),
}
HATS = {
    "system": _("the portal itself"),
    "visitor": _("somebody not signed in"),
    "staff": _("staff"),
}
