"""The doors that let people in, and what they look after themselves.

Of allauth's pages only those that the portal uses, under addresses of its own.
"""

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.urls import path, re_path

from accounts import views
from accounts.access import everybody, signed_in

urlpatterns = [
    path("sign-in/", everybody(views.SignInView.as_view()), name="account_login"),
    path("sign-in/code/", everybody(views.SecondFactorView.as_view()), name="mfa_authenticate"),
    path("sign-in/passkey/", everybody(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("sign-in/with/<slug:provider_id>/", views.provider_sign_in, name="provider_sign_in"),
    path(
        "sign-in/with/<slug:provider_id>/back/",
        views.provider_answer,
        name="openid_connect_callback",  # as allauth calls it
    ),
    path("sign-out/", everybody(allauth.logout), name="account_logout"),
    path("account/closed/", everybody(allauth.account_inactive), name="account_inactive"),
    path("password/", everybody(allauth.password_reset), name="account_reset_password"),
    path(
        "password/asked/",
        everybody(allauth.password_reset_done),
        name="account_reset_password_done",
    ),
    path("password/strength/", views.password_strength, name="password_strength"),
    re_path(
        r"^password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        everybody(allauth.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/chosen/",
        everybody(allauth.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    path("preferences/", views.set_preferences, name="set_preferences"),
    path("account/", views.account, name="account"),
    path("account/address/", views.email_change, name="email_change"),
    path("account/address/<str:token>/", views.email_confirmation, name="email_confirmation"),
    path(
        "account/password/",
        signed_in(views.NewPasswordView.as_view()),
        name="account_change_password",
    ),
    path("account/providers/<slug:provider_id>/", views.provider, name="provider"),
    path(
        "account/providers/<slug:provider_id>/removal/",
        views.provider_removal,
        name="provider_removal",
    ),
    path("account/sessions/", views.sessions, name="sessions"),
    path(
        "account/confirmation/",
        signed_in(views.ConfirmByPasswordView.as_view()),
        name="account_reauthenticate",
    ),
    path(
        "account/confirmation/code/",
        signed_in(views.ConfirmByCodeView.as_view()),
        name="mfa_reauthenticate",
    ),
    path(
        "account/confirmation/passkey/",
        signed_in(views.ConfirmByPasskeyView.as_view()),
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/second-factor/", signed_in(mfa.index), name="mfa_index"),
    path("account/second-factor/app/", signed_in(totp.activate_totp), name="mfa_activate_totp"),
    path(
        "account/second-factor/app/removal/",
        signed_in(totp.deactivate_totp),
        name="mfa_deactivate_totp",
    ),
    path(
        "account/second-factor/codes/",
        signed_in(codes.view_recovery_codes),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/second-factor/codes/new/",
        signed_in(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "account/second-factor/codes/download/",
        signed_in(codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path(
        "account/second-factor/passkeys/",
        signed_in(passkeys.list_webauthn),
        name="mfa_list_webauthn",
    ),
    path(
        "account/second-factor/passkeys/new/",
        signed_in(passkeys.add_webauthn),
        name="mfa_add_webauthn",
    ),
    path(
        "account/second-factor/passkeys/<int:pk>/",
        signed_in(passkeys.edit_webauthn),
        name="mfa_edit_webauthn",
    ),
    path(
        "account/second-factor/passkeys/<int:pk>/removal/",
        signed_in(passkeys.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
]
