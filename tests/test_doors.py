"""Every address × every visitor × GET and POST: the access policy, readable by anyone.

A new address without a row fails the suite. 302 for somebody who is not signed in leads to the
sign-in page. "locked" is Clara after the box "let customers edit" was un-ticked; the answers are
for the bakery's own pages, Nordlicht's customer.
"""

import io
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from PIL import Image

from audit.actor import SYSTEM, Actor
from billing.models import Invoice
from billing.operations import run_invoices
from customers.operations import set_customer_edits
from invitations.models import BulkSending, Invitation
from invitations.operations import Invitee, invite_contact, invite_member, wish_sendings
from reseller_portal.images import make_picture
from reseller_portal.tables import Row
from resellers.models import Role
from rollout.page_operations import wish_pages
from signatures.import_operations import start_import
from signatures.models import Person, Picture
from signatures.operations import save_person
from signatures.people_operations import add_own_field, save_group
from subscriptions.import_models import Import
from subscriptions.importing import upload_import
from tests.billing import charge_period, sell

VISITORS = ("nobody", "anna", "mia", "rolf", "ben", "clara", "locked", "dora")
EVERYBODY = (200,) * 8
AWAY = (302,) * 8
NOTHING = (404,) * 8
NO_GET = (405,) * 8
OWN = (302, *(200,) * 7)  # everybody's own account
OWN_LOOK = (302, *(405,) * 7)
#    name                                   method    nobody anna mia  rolf ben  clara locked dora
DOORS = {
    ("home", "get"):                                 (302, 302, 302, 302, 302, 302, 302, 302),
    ("home", "post"):                                (302, 405, 405, 405, 405, 405, 405, 405),
    ("hat", "get"):                                  (302, 405, 405, 405, 405, 405, 405, 405),
    ("hat", "post"):                                 (302, 404, 404, 404, 404, 404, 404, 404),
    ("healthz", "get"):                              EVERYBODY,
    ("healthz", "post"):                             NO_GET,
    ("readyz", "get"):                               EVERYBODY,
    ("readyz", "post"):                              NO_GET,
    ("account_login", "get"):                        (200, 302, 302, 302, 302, 302, 302, 302),
    ("account_login", "post"):                       (200, 302, 302, 302, 302, 302, 302, 302),
    ("account_logout", "get"):                       (302, 200, 200, 200, 200, 200, 200, 200),
    ("account_logout", "post"):                      AWAY,
    ("account_inactive", "get"):                     EVERYBODY,
    ("account_inactive", "post"):                    NO_GET,
    ("account_reset_password", "get"):               EVERYBODY,
    ("account_reset_password", "post"):              EVERYBODY,
    ("account_reset_password_done", "get"):          EVERYBODY,
    ("account_reset_password_done", "post"):         NO_GET,
    ("account_reset_password_from_key", "get"):      EVERYBODY,
    ("account_reset_password_from_key", "post"):     EVERYBODY,
    ("account_reset_password_from_key_done", "get"): EVERYBODY,
    ("account_reset_password_from_key_done", "post"): NO_GET,
    ("mfa_authenticate", "get"):                     AWAY,
    ("mfa_authenticate", "post"):                    AWAY,
    ("mfa_login_webauthn", "get"):                   AWAY,
    ("mfa_login_webauthn", "post"):                  AWAY,
    ("provider_sign_in", "get"):                     NO_GET,
    ("provider_sign_in", "post"):                    NOTHING,  # no provider is set up
    ("openid_connect_callback", "get"):              NOTHING,
    ("openid_connect_callback", "post"):             NO_GET,
    ("provider", "get"):                             AWAY,  # asked once more who they are
    ("provider", "post"):                            AWAY,
    ("provider_removal", "get"):                     AWAY,
    ("provider_removal", "post"):                    AWAY,
    ("password_strength", "get"):                    NO_GET,
    ("password_strength", "post"):                   EVERYBODY,
    ("account", "get"):                              OWN,
    ("account", "post"):                             OWN,
    ("account_change_password", "get"):              OWN,
    ("account_change_password", "post"):             OWN,
    ("account_reauthenticate", "get"):               OWN,
    ("account_reauthenticate", "post"):              OWN,
    ("sessions", "get"):                             OWN,
    ("sessions", "post"):                            AWAY,
    ("email_change", "get"):                         AWAY,  # asked once more who they are
    ("email_change", "post"):                        AWAY,
    ("mfa_activate_totp", "get"):                    AWAY,
    ("mfa_activate_totp", "post"):                   AWAY,
    ("mfa_generate_recovery_codes", "get"):          AWAY,
    ("mfa_generate_recovery_codes", "post"):         AWAY,
    ("mfa_add_webauthn", "get"):                     AWAY,
    ("mfa_add_webauthn", "post"):                    AWAY,
    ("mfa_edit_webauthn", "get"):                    AWAY,
    ("mfa_edit_webauthn", "post"):                   AWAY,
    ("mfa_remove_webauthn", "get"):                  AWAY,
    ("mfa_remove_webauthn", "post"):                 AWAY,
    ("email_confirmation", "get"):                   NOTHING,
    ("email_confirmation", "post"):                  NOTHING,
    ("mfa_reauthenticate", "get"):                   (302, 302, 302, 302, 302, 302, 302, 200),
    ("mfa_reauthenticate_webauthn", "get"):          AWAY,
    ("mfa_reauthenticate", "post"):                  (302, 302, 302, 302, 302, 302, 302, 200),
    ("mfa_reauthenticate_webauthn", "post"):         AWAY,
    ("mfa_index", "get"):                            OWN,
    ("mfa_index", "post"):                           OWN_LOOK,
    ("mfa_list_webauthn", "get"):                    OWN,
    ("mfa_list_webauthn", "post"):                   OWN_LOOK,
    ("mfa_deactivate_totp", "get"):                  (302, 404, 404, 404, 404, 404, 404, 302),
    ("mfa_download_recovery_codes", "get"):          (302, *(404,) * 7),
    ("mfa_deactivate_totp", "post"):                 (302, 404, 404, 404, 404, 404, 404, 302),
    ("mfa_download_recovery_codes", "post"):         (302, *(404,) * 7),
    ("mfa_view_recovery_codes", "get"):              (302, *(404,) * 7),
    ("mfa_view_recovery_codes", "post"):             OWN_LOOK,
    ("own_data", "get"):                             AWAY,
    ("own_data", "post"):                            AWAY,
    ("set_preferences", "get"):                      NO_GET,
    ("set_preferences", "post"):                     AWAY,
    ("invitation", "get"):                           NOTHING,  # without the link's cookie
    ("invitation", "post"):                          NOTHING,
    ("invitation_opened", "get"):                    NO_GET,
    ("invitation_opened", "post"):                   (204,) * 8,
    ("invitation_link", "get"):                      (302, 302, 302, 302, 302, 302, 404, 302),
    ("invitation_link", "post"):                     NO_GET,
    ("network_picture", "get"):                      EVERYBODY,
    ("network_picture", "post"):                     NO_GET,
    ("signature_picture", "get"):                    EVERYBODY,  # mail programs load it
    ("signature_picture", "post"):                   NO_GET,
    ("round_picture", "get"):                        EVERYBODY,
    ("round_picture", "post"):                       NO_GET,
    ("mail_reports", "get"):                         NOTHING,  # without the mail service's key
    ("mail_reports", "post"):                        NOTHING,
    ("demo_mailbox", "get"):                         NOTHING,  # open to all, but in a demo only
    ("demo_mailbox", "post"):                        NO_GET,
    ("demo_mail", "get"):                            NOTHING,
    ("demo_mail", "post"):                           NO_GET,
    ("demo_mail_html", "get"):                       NOTHING,
    ("demo_mail_html", "post"):                      NO_GET,
    ("invoice_address", "get"):                      (302, 200, 403, 403, 200, 404, 404, 404),
    ("invoice_address", "post"):                     (302, 200, 403, 403, 200, 404, 404, 404),
    ("reseller_security", "get"):                    (302, 200, 403, 403, 200, 404, 404, 404),
    ("reseller_security", "post"):                   (302, 302, 403, 403, 302, 404, 404, 404),
    ("contact_erasure", "get"):                      (302, 200, 200, 403, 404, 404, 404, 404),
    ("contact_erasure", "post"):                     (302, 302, 302, 403, 404, 404, 404, 404),
    ("history", "get"):                              (302, 200, 403, 403, 200, 404, 404, 404),
    ("history", "post"):                             (302, 405, 403, 403, 405, 404, 404, 404),
    ("history_export", "get"):                       (302, 200, 403, 403, 200, 404, 404, 404),
    ("history_export", "post"):                      (302, 405, 403, 403, 405, 404, 404, 404),
    ("dashboard", "get"):                            (302, 200, 200, 200, 200, 404, 404, 404),
    ("dashboard", "post"):                           (302, 405, 405, 405, 405, 404, 404, 404),
    ("export", "get"):                               (302, 200, 200, 200, 200, 404, 404, 404),
    ("export", "post"):                              (302, 405, 405, 405, 405, 404, 404, 404),
    ("calendar", "get"):                             (302, 200, 200, 200, 200, 404, 404, 404),
    ("calendar", "post"):                            (302, 405, 405, 405, 405, 404, 404, 404),
    ("calendar_feed", "get"):                        (302, 405, 405, 405, 405, 404, 404, 404),
    ("calendar_feed", "post"):                       (302, 200, 200, 200, 200, 404, 404, 404),
    ("calendar_feed_removal", "get"):                (302, 405, 405, 405, 405, 404, 404, 404),
    ("calendar_feed_removal", "post"):               (302, 302, 302, 302, 302, 404, 404, 404),
    ("calendar_file", "get"):                        NOTHING,  # without a member's secret
    ("calendar_file", "post"):                       NO_GET,
    ("subscriptions_change", "get"):                 (302, 400, 400, 403, 400, 404, 404, 404),
    ("subscriptions_change", "post"):                (302, 400, 400, 403, 400, 404, 404, 404),
    ("imports", "get"):                              (302, 200, 200, 403, 200, 404, 404, 404),
    ("imports", "post"):                             (302, 200, 200, 403, 200, 404, 404, 404),
    ("import_template", "get"):                      (302, 200, 200, 403, 200, 404, 404, 404),
    ("import_template", "post"):                     (302, 405, 405, 403, 405, 404, 404, 404),
    ("import", "get"):                               (302, 200, 200, 403, 404, 404, 404, 404),
    ("import", "post"):                              (302, 405, 405, 403, 405, 404, 404, 404),
    ("import_progress", "get"):                      (302, 200, 200, 403, 404, 404, 404, 404),
    ("import_progress", "post"):                     (302, 405, 405, 403, 405, 404, 404, 404),
    ("import_problems", "get"):                      (302, 200, 200, 403, 404, 404, 404, 404),
    ("import_problems", "post"):                     (302, 405, 405, 403, 405, 404, 404, 404),
    ("import_application", "get"):                   (302, 405, 405, 403, 405, 404, 404, 404),
    ("import_application", "post"):                  (302, 302, 302, 403, 404, 404, 404, 404),
    ("import_cancellation", "get"):                  (302, 405, 405, 403, 405, 404, 404, 404),
    ("import_cancellation", "post"):                 (302, 302, 302, 403, 404, 404, 404, 404),
    ("new_subscription", "get"):                     (302, 200, 200, 403, 200, 404, 404, 404),
    ("new_subscription", "post"):                    (302, 200, 200, 403, 200, 404, 404, 404),
    ("new_subscription_offer", "get"):               (302, 200, 200, 403, 200, 404, 404, 404),
    ("new_subscription_offer", "post"):              (302, 405, 405, 403, 405, 404, 404, 404),
    ("known_customers", "get"):                      (302, 200, 200, 403, 200, 404, 404, 404),
    ("known_customers", "post"):                     (302, 405, 405, 403, 405, 404, 404, 404),
    ("subscription", "get"):                         (302, 200, 200, 200, 404, 404, 404, 404),
    ("subscription", "post"):                        (302, 405, 405, 405, 405, 404, 404, 404),
    ("subscription_seats", "get"):                   (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_seats", "post"):                  (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_product", "get"):                 (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_product", "post"):                (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_term", "get"):                    (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_term", "post"):                   (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_conversion", "get"):              (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_conversion", "post"):             (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_cancellation", "get"):            (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_cancellation", "post"):           (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_end", "get"):                     (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_end", "post"):                    (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_hold", "get"):                    (302, 302, 302, 403, 404, 404, 404, 404),
    ("subscription_hold", "post"):                   (302, 302, 302, 403, 404, 404, 404, 404),
    ("subscription_resumption", "get"):              (302, 302, 302, 403, 404, 404, 404, 404),
    ("subscription_resumption", "post"):             (302, 302, 302, 403, 404, 404, 404, 404),
    ("subscription_reactivation", "get"):            (302, 302, 302, 403, 404, 404, 404, 404),
    ("subscription_reactivation", "post"):           (302, 302, 302, 403, 404, 404, 404, 404),
    ("subscription_cancellation_removal", "get"):    (302, 405, 405, 403, 405, 404, 404, 404),
    ("subscription_cancellation_removal", "post"):   (302, 302, 302, 403, 404, 404, 404, 404),
    ("subscription_change_removal", "get"):          (302, 405, 405, 403, 405, 404, 404, 404),
    ("subscription_change_removal", "post"):         (302, 302, 302, 403, 404, 404, 404, 404),
    ("subscription_history", "get"):                 (302, 200, 200, 200, 404, 404, 404, 404),
    ("subscription_history", "post"):                (302, 405, 405, 405, 405, 404, 404, 404),
    ("subscription_editing", "get"):                 (302, 200, 200, 403, 404, 404, 404, 404),
    ("subscription_editing", "post"):                (302, 302, 302, 403, 404, 404, 404, 404),
    ("subscription_signatures", "get"):              (302, 302, 302, 302, 404, 404, 404, 404),
    ("subscription_signatures", "post"):             (302, 405, 405, 405, 405, 404, 404, 404),
    ("invitations", "get"):                          (302, 200, 200, 200, 200, 404, 404, 404),
    ("invitations", "post"):                         (302, 302, 302, 403, 302, 404, 404, 404),
    ("invitation_sending", "get"):                   (302, 405, 405, 403, 405, 404, 404, 404),
    ("invitation_sending", "post"):                  (302, 302, 302, 403, 404, 404, 404, 404),
    ("invitation_revocation", "get"):                (302, 405, 405, 403, 405, 404, 404, 404),
    ("invitation_revocation", "post"):               (302, 302, 302, 403, 404, 404, 404, 404),
    ("invitation_correction", "get"):                (302, 200, 200, 403, 404, 404, 404, 404),
    ("invitation_correction", "post"):               (302, 200, 200, 403, 404, 404, 404, 404),
    ("bulk_sending", "get"):                         (302, 200, 200, 200, 404, 404, 404, 404),
    ("bulk_sending", "post"):                        (302, 405, 405, 405, 405, 404, 404, 404),
    ("bulk_sending_progress", "get"):                (302, 200, 200, 200, 404, 404, 404, 404),
    ("bulk_sending_progress", "post"):               (302, 405, 405, 405, 405, 404, 404, 404),
    ("bulk_sending_cancellation", "get"):            (302, 405, 405, 403, 405, 404, 404, 404),
    ("bulk_sending_cancellation", "post"):           (302, 302, 302, 403, 404, 404, 404, 404),
    ("contacts", "get"):                             (302, 200, 200, 200, 404, 404, 404, 404),
    ("contacts", "post"):                            (302, 405, 405, 405, 405, 404, 404, 404),
    ("new_contact", "get"):                          (302, 200, 200, 403, 404, 404, 404, 404),
    ("new_contact", "post"):                         (302, 200, 200, 403, 404, 404, 404, 404),
    ("contact_withdrawal", "get"):                   (302, 405, 405, 403, 405, 404, 404, 404),
    ("contact_withdrawal", "post"):                  (302, 302, 302, 403, 404, 404, 404, 404),
    ("contact_return", "get"):                       (302, 405, 405, 403, 405, 404, 404, 404),
    ("contact_return", "post"):                      (302, 302, 302, 403, 404, 404, 404, 404),
    ("members", "get"):                              (302, 200, 403, 403, 200, 404, 404, 404),
    ("members", "post"):                             (302, 405, 403, 403, 405, 404, 404, 404),
    ("mail_brand", "get"):                           (302, 200, 403, 403, 200, 404, 404, 404),
    ("mail_brand", "post"):                          (302, 200, 403, 403, 200, 404, 404, 404),
    ("mail_preview", "get"):                         (302, 200, 403, 403, 200, 404, 404, 404),
    ("mail_preview", "post"):                        (302, 405, 403, 403, 405, 404, 404, 404),
    ("new_member", "get"):                           (302, 200, 403, 403, 200, 404, 404, 404),
    ("new_member", "post"):                          (302, 200, 403, 403, 200, 404, 404, 404),
    ("member_role", "get"):                          (302, 405, 403, 403, 405, 404, 404, 404),
    ("member_role", "post"):                         (302, 400, 403, 403, 404, 404, 404, 404),
    ("member_removal", "get"):                       (302, 200, 403, 403, 404, 404, 404, 404),
    ("member_removal", "post"):                      (302, 302, 403, 403, 404, 404, 404, 404),
    ("member_invitation_sending", "get"):            (302, 405, 403, 403, 405, 404, 404, 404),
    ("member_invitation_sending", "post"):           (302, 302, 403, 403, 404, 404, 404, 404),
    ("member_invitation_revocation", "get"):         (302, 405, 403, 403, 405, 404, 404, 404),
    ("member_invitation_revocation", "post"):        (302, 302, 403, 403, 404, 404, 404, 404),
    ("member_invitation_correction", "get"):         (302, 200, 403, 403, 404, 404, 404, 404),
    ("member_invitation_correction", "post"):        (302, 200, 403, 403, 404, 404, 404, 404),
    ("prices", "get"):                               (302, 200, 200, 403, 200, 404, 404, 404),
    ("prices", "post"):                              (302, 405, 405, 403, 405, 404, 404, 404),
    ("invoices", "get"):                             (302, 200, 200, 403, 200, 404, 404, 404),
    ("invoices", "post"):                            (302, 405, 405, 403, 405, 404, 404, 404),
    ("invoice", "get"):                              (302, 200, 200, 403, 404, 404, 404, 404),
    ("invoice", "post"):                             (302, 405, 405, 403, 405, 404, 404, 404),
    ("invoice_lines", "get"):                        (302, 200, 200, 403, 404, 404, 404, 404),
    ("invoice_lines", "post"):                       (302, 405, 405, 403, 405, 404, 404, 404),
    ("invoice_pdf", "get"):                          (302, 302, 302, 403, 404, 404, 404, 404),
    ("invoice_pdf", "post"):                         (302, 405, 405, 403, 405, 404, 404, 404),
    ("invoice_xml", "get"):                          (302, 302, 302, 403, 404, 404, 404, 404),
    ("invoice_xml", "post"):                         (302, 405, 405, 403, 405, 404, 404, 404),
    ("invoices_archive", "get"):                     (302, 200, 200, 403, 404, 404, 404, 404),
    ("invoices_archive", "post"):                    (302, 405, 405, 403, 405, 404, 404, 404),
    ("signatures", "get"):                           (302, 200, 200, 200, 404, 200, 403, 404),
    ("signatures", "post"):                          (302, 405, 405, 403, 404, 405, 403, 404),
    ("people", "get"):                               (302, 200, 200, 200, 404, 200, 403, 404),
    ("people", "post"):                              (302, 405, 405, 403, 404, 405, 403, 404),
    ("new_person", "get"):                           (302, 200, 200, 200, 404, 200, 403, 404),
    ("new_person", "post"):                          (302, 200, 200, 403, 404, 200, 403, 404),
    ("person", "get"):                               (302, 200, 200, 200, 404, 200, 403, 404),
    ("person", "post"):                              (302, 200, 200, 403, 404, 200, 403, 404),
    ("person_erasure", "get"):                       (302, 200, 200, 200, 404, 200, 403, 404),
    ("person_erasure", "post"):                      (302, 302, 302, 403, 404, 302, 403, 404),
    ("person_removal", "get"):                       (302, 200, 200, 200, 404, 200, 403, 404),
    ("person_removal", "post"):                      (302, 302, 302, 403, 404, 302, 403, 404),
    ("person_rules", "get"):                         (302, 200, 200, 200, 404, 200, 403, 404),
    ("person_rules", "post"):                        (302, 405, 405, 403, 404, 405, 403, 404),
    ("new_import", "get"):                           (302, 200, 200, 200, 404, 200, 403, 404),
    ("new_import", "post"):                          (302, 200, 200, 403, 404, 200, 403, 404),
    ("people_import_template", "get"):               (302, 200, 200, 200, 404, 200, 403, 404),
    ("people_import_template", "post"):              (302, 405, 405, 403, 404, 405, 403, 404),
    ("people_import", "get"):                        (302, 200, 200, 200, 404, 200, 403, 404),
    ("people_import", "post"):                       (302, 200, 200, 403, 404, 200, 403, 404),
    ("people_import_application", "get"):            (302, 405, 405, 405, 404, 405, 403, 404),
    ("people_import_application", "post"):           (302, 302, 302, 403, 404, 302, 403, 404),
    ("people_import_removal", "get"):                (302, 405, 405, 405, 404, 405, 403, 404),
    ("people_import_removal", "post"):               (302, 302, 302, 403, 404, 302, 403, 404),
    ("groups", "get"):                               (302, 200, 200, 200, 404, 200, 403, 404),
    ("groups", "post"):                              (302, 200, 200, 403, 404, 200, 403, 404),
    ("group", "get"):                                (302, 200, 200, 200, 404, 200, 403, 404),
    ("group", "post"):                               (302, 302, 302, 403, 404, 302, 403, 404),
    ("group_removal", "get"):                        (302, 200, 200, 200, 404, 200, 403, 404),
    ("group_removal", "post"):                       (302, 302, 302, 403, 404, 302, 403, 404),
    ("departments", "get"):                          (302, 200, 200, 200, 404, 200, 403, 404),
    ("departments", "post"):                         (302, 200, 200, 403, 404, 200, 403, 404),
    ("own_fields", "get"):                           (302, 200, 200, 200, 404, 200, 403, 404),
    ("own_fields", "post"):                          (302, 200, 200, 403, 404, 200, 403, 404),
    ("own_field_removal", "get"):                    (302, 200, 200, 200, 404, 200, 403, 404),
    ("own_field_removal", "post"):                   (302, 302, 302, 403, 404, 302, 403, 404),
    ("rules", "get"):                                (302, 200, 200, 200, 404, 200, 403, 404),
    ("rules", "post"):                               (302, 405, 405, 403, 404, 405, 403, 404),
    ("new_rule", "get"):                             (302, 200, 200, 200, 404, 200, 403, 404),
    ("new_rule", "post"):                            (302, 200, 200, 403, 404, 200, 403, 404),
    ("rule_calendar", "get"):                        (302, 200, 200, 200, 404, 200, 403, 404),
    ("rule_calendar", "post"):                       (302, 405, 405, 403, 404, 405, 403, 404),
    ("rule", "get"):                                 (302, 200, 200, 200, 404, 200, 403, 404),
    ("rule", "post"):                                (302, 200, 200, 403, 404, 200, 403, 404),
    ("rule_removal", "get"):                         (302, 200, 200, 200, 404, 200, 403, 404),
    ("rule_removal", "post"):                        (302, 302, 302, 403, 404, 302, 403, 404),
    ("rule_place", "get"):                           (302, 405, 405, 405, 404, 405, 403, 404),
    ("rule_place", "post"):                          (302, 302, 302, 403, 404, 302, 403, 404),
    ("designs", "get"):                              (302, 200, 200, 200, 404, 200, 403, 404),
    ("designs", "post"):                             (302, 405, 405, 403, 404, 405, 403, 404),
    ("new_design", "get"):                           (302, 200, 200, 200, 404, 200, 403, 404),
    ("new_design", "post"):                          (302, 200, 200, 403, 404, 200, 403, 404),
    ("design", "get"):                               (302, 200, 200, 200, 404, 200, 403, 404),
    ("design", "post"):                              (302, 200, 200, 403, 404, 200, 403, 404),
    ("pasted_design", "get"):                        (302, 200, 200, 200, 404, 200, 403, 404),
    ("pasted_design", "post"):                       (302, 200, 200, 403, 404, 200, 403, 404),
    ("design_copy", "get"):                          (302, 405, 405, 405, 404, 405, 403, 404),
    ("design_copy", "post"):                         (302, 302, 302, 403, 404, 302, 403, 404),
    ("design_versions", "get"):                      (302, 200, 200, 200, 404, 200, 403, 404),
    ("design_versions", "post"):                     (302, 405, 405, 403, 404, 405, 403, 404),
    ("version_frame", "get"):                        (302, 200, 200, 200, 404, 200, 403, 404),
    ("version_frame", "post"):                       (302, 405, 405, 403, 404, 405, 403, 404),
    ("version_restoration", "get"):                  (302, 200, 200, 200, 404, 200, 403, 404),
    ("version_restoration", "post"):                 (302, 302, 302, 403, 404, 302, 403, 404),
    ("brand", "get"):                                (302, 200, 200, 200, 404, 200, 403, 404),
    ("brand", "post"):                               (302, 200, 200, 403, 404, 200, 403, 404),
    ("design_check", "get"):                         (302, 200, 200, 200, 404, 200, 403, 404),
    ("design_check", "post"):                        (302, 405, 405, 403, 404, 405, 403, 404),
    ("design_check_frame", "get"):                   (302, 200, 200, 200, 404, 200, 403, 404),
    ("design_check_frame", "post"):                  (302, 405, 405, 403, 404, 405, 403, 404),
    ("design_frame", "get"):                         (302, 200, 200, 200, 404, 200, 403, 404),
    ("design_frame", "post"):                        (302, 405, 405, 403, 404, 405, 403, 404),
    ("design_publication", "get"):                   (302, 200, 200, 200, 404, 200, 403, 404),
    ("design_publication", "post"):                  (302, 302, 302, 403, 404, 302, 403, 404),
    ("design_removal", "get"):                       (302, 200, 200, 200, 404, 200, 403, 404),
    ("design_removal", "post"):                      (302, 302, 302, 403, 404, 302, 403, 404),
    ("template_frame", "get"):                       (302, 200, 200, 200, 404, 200, 403, 404),
    ("template_frame", "post"):                      (302, 405, 405, 403, 404, 405, 403, 404),
    ("rollout", "get"):                              (302, 200, 200, 200, 404, 200, 403, 404),
    ("rollout", "post"):                             (302, 405, 405, 403, 404, 405, 403, 404),
    ("rollout_status", "get"):                       (302, 200, 200, 200, 404, 200, 403, 404),
    ("rollout_status", "post"):                      (302, 405, 405, 403, 404, 405, 403, 404),
    ("signature_files", "get"):                      (302, 200, 200, 200, 404, 200, 403, 404),
    ("signature_files", "post"):                     (302, 200, 200, 403, 404, 200, 403, 404),
    ("addin", "get"):                                (302, 200, 200, 200, 404, 200, 403, 404),
    ("addin", "post"):                               (302, 302, 302, 403, 404, 302, 403, 404),
    ("addin_manifest", "get"):                       (302, 404, 404, 404, 404, 404, 403, 404),
    ("addin_manifest", "post"):                      (302, 405, 405, 403, 404, 405, 403, 404),
    ("addin_page", "get"):                           NOTHING,  # the key is an invitation's
    ("addin_page", "post"):                          NO_GET,
    ("addin_code", "get"):                           NOTHING,
    ("addin_code", "post"):                          NO_GET,
    ("addin_signature", "get"):                      NO_GET,
    ("addin_signature", "post"):                     NOTHING,
    ("transport_rule", "get"):                       (302, 200, 200, 200, 404, 200, 403, 404),
    ("transport_rule", "post"):                      (302, 200, 200, 403, 404, 200, 403, 404),
    ("page_sendings", "get"):                        (302, 405, 405, 405, 404, 405, 403, 404),
    ("page_sendings", "post"):                       (302, 302, 302, 403, 404, 302, 403, 404),
    ("page_sending", "get"):                         (302, 200, 200, 200, 404, 200, 403, 404),
    ("page_sending", "post"):                        (302, 405, 405, 403, 404, 405, 403, 404),
    ("page_sending_progress", "get"):                (302, 200, 200, 200, 404, 200, 403, 404),
    ("page_sending_progress", "post"):               (302, 405, 405, 403, 404, 405, 403, 404),
    ("page_sending_cancellation", "get"):            (302, 405, 405, 405, 404, 405, 403, 404),
    ("page_sending_cancellation", "post"):           (302, 302, 302, 403, 404, 302, 403, 404),
    ("own_signature", "get"):                        NOTHING,  # without the link's cookie
    ("own_signature", "post"):                       NO_GET,
    ("own_details", "get"):                          NOTHING,
    ("own_details", "post"):                         NOTHING,
    ("own_signature_frame", "get"):                  NOTHING,
    ("own_signature_frame", "post"):                 NO_GET,
    ("own_signature_file", "get"):                   NOTHING,
    ("own_signature_file", "post"):                  NO_GET,
    ("own_signature_copied", "get"):                 NO_GET,
    ("own_signature_copied", "post"):                (204,) * 8,
    ("own_signature_link", "get"):                   NOTHING,  # the token is an invitation's
    ("own_signature_link", "post"):                  NO_GET,
    ("version_return", "get"):                       (302, 405, 405, 405, 404, 405, 403, 404),
    ("version_return", "post"):                      (302, 302, 302, 403, 404, 302, 403, 404),
    ("person_signature", "get"):                     (302, 200, 200, 200, 404, 200, 403, 404),
    ("person_signature", "post"):                    (302, 405, 405, 403, 404, 405, 403, 404),
    ("signature_frame", "get"):                      (302, 200, 200, 200, 404, 200, 403, 404),
    ("signature_frame", "post"):                     (302, 405, 405, 403, 404, 405, 403, 404),
}  # fmt: skip


@pytest.fixture
def addresses(cast) -> dict[str, str]:
    """Every address by its name, filled with the bakery's own codes."""
    invitation = invite_contact(
        customer=cast.bakery,
        invitee=Invitee("Jonas Petersen", "jonas@hafenbaeckerei.example", "de"),
        product="m365",
        by=SYSTEM,
    )
    charge_period(sell(cast.nordlicht, "Brotkorb", anchor=date(2026, 1, 1), seats=3), 0)
    run_invoices(today=date(2026, 2, 1), by=SYSTEM)
    picture = Picture.objects.create(
        reseller=cast.nordlicht,
        customer=cast.bakery,
        created_at=invitation.created_at,
        round_content=b"",
        **make_picture(a_png())._asdict(),
    )
    invite_member(
        reseller=cast.nordlicht,
        invitee=Invitee("Nele", "nele@nordlicht.example", "de"),
        role=Role.MEMBER,
        by=SYSTEM,
    )
    wish_sendings(
        member=cast.anna.memberships.get(),
        codes=[invitation.code],
        by=Actor("Anna", "member", cast.anna.pk),
    )
    save_person(  # to be forgotten; the first one is removed
        customer=cast.bakery,
        person=None,
        fields={"name": "Zoe Zander", "email": "zoe@hafenbaeckerei.example"},
        by=SYSTEM,
    )
    upload_import(
        member=cast.anna.memberships.get(),
        file_name="a.csv",
        language="en",
        head=["Kunde"],
        rows=[Row(2, ["Brot"])],
        by=SYSTEM,
    )
    group = save_group(customer=cast.bakery, group=None, name="Laden", by=SYSTEM)
    people_import = start_import(
        customer=cast.bakery, content=b"", file_name="x.csv", language="en", by=SYSTEM
    )
    own = add_own_field(customer=cast.bakery, key="extension", label="Durchwahl", by=SYSTEM)
    codes = {
        "code": cast.bakery.code,
        "person_code": cast.bakery.people.first().code,
        "number": 1,
        "sending_code": wish_pages(customer=cast.bakery, codes=None, by=SYSTEM).code,
        "design_code": cast.bakery.designs.first().code,
        "group_code": group.code,
        "import_code": people_import.code,
        "rule_code": cast.bakery.rules.get().code,
        "field_key": own.key,
        "invitation_code": invitation.code,
        "template": "band",
        "network": "xing",
        "colour": "0b6b6b",
        "token": invitation.token(),
        "key": picture.key,
        "kind": "csv",
        "member_id": cast.rolf.memberships.get().pk,
        "contact_id": cast.clara.contacts.get().pk,
        "name": "20261123T190000.000000Z-1",
        "uidb36": "1",
        "provider_id": "microsoft",
        "pk": 1,
        "what": "seats",
        "year": 2026,
    }
    return {
        pattern.name: reverse(
            pattern.name, kwargs=_arguments(pattern, codes, cast.bakery_subscription.code)
        )
        for pattern in patterns(get_resolver().url_patterns)
    }


def _arguments(pattern: URLPattern, codes: dict, subscription_code: str) -> dict:
    names = pattern.pattern.regex.groupindex
    arguments = {name: codes[name] for name in names}
    if "subscription" in pattern.lookup_str:
        arguments |= {"code": subscription_code} if "code" in names else {}
    if "invoice" in pattern.name and "code" in names:
        arguments["code"] = Invoice.objects.get().code
    if pattern.name == "person_erasure":  # not the one who is removed
        arguments["person_code"] = Person.objects.get(name="Zoe Zander").code
    if pattern.name == "email_confirmation":
        arguments["token"] = "made:up"
    if pattern.name == "mail_preview":
        arguments["kind"] = "contact"
    if pattern.name.startswith("member_invitation"):
        arguments["invitation_code"] = Invitation.objects.get(customer=None).code
    if pattern.name.startswith("import") and "code" in names:
        arguments["code"] = Import.objects.get().code
    if pattern.name.startswith("bulk_"):
        arguments["code"] = BulkSending.objects.get().code
    if pattern.name == "account_reset_password_from_key":
        arguments["key"] = "abc-def"
    return arguments


def patterns(found, *, of_admin=False):
    """Yield every address of the portal; the admin's are asked for apart."""
    for each in found:
        if isinstance(each, URLPattern):
            if each.name:
                yield each
        elif of_admin or each.namespace != "admin":
            yield from patterns(each.url_patterns, of_admin=of_admin)


def a_png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "teal").save(file, "PNG")
    return file.getvalue()


def sign_in(client, cast, visitor):
    if visitor == "locked":
        set_customer_edits(customer=cast.bakery, allowed=False, by=SYSTEM)
    if visitor != "nobody":
        client.force_login(cast.clara if visitor == "locked" else getattr(cast, visitor))


def test_every_address_has_its_row():
    names = {pattern.name for pattern in patterns(get_resolver().url_patterns)}
    assert {(name, method) for name in names for method in ("get", "post")} == set(DOORS)


@pytest.mark.parametrize("visitor", VISITORS)
def test_each_visitor_gets_the_answer_of_the_table(client, cast, addresses, visitor):
    place = VISITORS.index(visitor)
    answers = {}
    # What removes something goes last, what signs out at the very end.
    for name, method in sorted(
        DOORS,
        key=lambda door: (
            "logout" in door[0],
            door[0].endswith(("removal", "erasure")),
            door[1] == "post",
        ),
    ):
        client.logout()
        sign_in(client, cast, visitor)
        response = getattr(client, method)(addresses[name])
        answers[name, method] = response.status_code
        elsewhere = {"set_preferences", "invitation_link", "account_logout"}
        if visitor == "nobody" and response.status_code == 302 and name not in elsewhere:
            assert urlsplit(response["Location"]).path == reverse("account_login"), name
    assert answers == {door: row[place] for door, row in DOORS.items()}


@pytest.mark.parametrize("visitor", [name for name in VISITORS if name != "dora"])
def test_the_admin_does_not_exist_for_anybody_but_staff(client, cast, visitor):
    sign_in(client, cast, visitor)
    resolver = next(
        each
        for each in get_resolver().url_patterns
        if isinstance(each, URLResolver) and each.namespace == "admin"
    )
    wanted = 302 if visitor == "nobody" else 404
    for pattern in patterns(resolver.url_patterns, of_admin=True):
        arguments = {
            name: cast.anna.pk if name == "object_id" else "1"
            for name in pattern.pattern.regex.groupindex
        }
        if pattern.name is None or "app_label" in arguments or "content_type_id" in arguments:
            continue
        address = reverse(f"admin:{pattern.name}", kwargs=arguments)
        assert address.startswith(f"/{settings.ADMIN_PATH}/")
        assert client.get(address).status_code == wanted, address


def test_staff_get_into_the_admin(client, cast):
    client.force_login(cast.dora)
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_role_taken_away_is_gone_with_the_next_request(client, cast):
    client.force_login(cast.mia)
    assert client.get(reverse("dashboard")).status_code == 200
    cast.mia.memberships.all().delete()
    assert client.get(reverse("dashboard")).status_code == 404


def test_another_resellers_codes_stay_unknown_and_untouched(client, cast, addresses):
    client.force_login(cast.ben)
    before = list(Invitation.objects.values())
    for name in ("invitation_sending", "invitation_revocation", "invitation_correction"):
        assert client.post(addresses[name]).status_code == 404
    assert list(Invitation.objects.values()) == before
