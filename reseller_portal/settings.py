"""Every setting of the portal, in one place.

What differs between machines comes from the environment; docs/settings.md lists each variable.
The safe value is the default: without PORTAL_MODE this is production, and it asks for its secrets.
"""

import os
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from reseller_portal import environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("VAR") or "var")
VAR = VAR if VAR.is_absolute() else BASE_DIR / VAR
environment.running_servers(VAR)
env = environ.Env()

PORTAL_MODE = env.str("PORTAL_MODE", "production")
if PORTAL_MODE not in environment.MODES:
    raise ImproperlyConfigured(f"PORTAL_MODE must be one of {', '.join(environment.MODES)}.")
DEMO = PORTAL_MODE == "demo"
PRODUCTION = PORTAL_MODE == "production"
DEBUG = False

SECRET_KEY = environment.secret("SECRET_KEY", mode=PORTAL_MODE, least=50)
INVITATION_KEYS = environment.signing_keys("INVITATION_KEYS", mode=PORTAL_MODE)
SECOND_FACTOR_KEYS = environment.signing_keys("SECOND_FACTOR_KEYS", mode=PORTAL_MODE)
if PRODUCTION:
    environment.require_production_values(
        {name: env.str(name, "") for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "BASE_URL")}
        | {"ALLOWED_HOSTS": env.str("ALLOWED_HOSTS", "")}
    )
BASE_URL = env.str("BASE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "testserver"])
CSRF_TRUSTED_ORIGINS = [BASE_URL]
ADMIN_PATH = env.str("ADMIN_PATH", "" if PRODUCTION else "admin").strip("/")
if not ADMIN_PATH:
    raise ImproperlyConfigured("ADMIN_PATH is not set: choose a path that is not easily guessed.")
IMPRINT_URL = env.str("IMPRINT_URL", "")
PRIVACY_URL = env.str("PRIVACY_URL", "")
# A demo's clock can be moved forward; production refuses.
TEST_CLOCK = env.bool("TEST_CLOCK", DEMO)
if PRODUCTION and TEST_CLOCK:
    raise ImproperlyConfigured("TEST_CLOCK moves the date and is refused in production.")
# Where the demo's mailbox keeps the mails, for the page that shows them.
DEMO_MAILBOX = env.str("DEMO_MAILBOX", str(VAR / "mail")) if DEMO else ""

INSTALLED_APPS = [
    "reseller_portal.apps.PortalConfig",
    "audit",
    "accounts",
    "mail",
    "resellers",
    "customers",
    "invitations",
    "subscriptions",
    "signatures",
    "rollout",
    "billing",
    "privacy",
    "reseller_portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
]
MIDDLEWARE = [
    # First, so that even the answer to a forged Host header carries the policy.
    "csp.middleware.CSPMiddleware",
    "reseller_portal.middleware.headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "reseller_portal.middleware.request_log",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.session_life",
    "accounts.middleware.language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "resellers.middleware.hat",
    "reseller_portal.middleware.no_nul",
]
ROOT_URLCONF = "reseller_portal.urls"
WSGI_APPLICATION = "reseller_portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reseller_portal.frame.frame",
            ],
            "builtins": ["reseller_portal.templatetags.portal"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

DATABASES = {"default": env.db_url("DATABASE_URL", "postgres://127.0.0.1/reseller_portal")}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL server (postgres://…).")
DATABASES["default"] |= {
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {"connect_timeout": 3, "options": "-c statement_timeout=30000"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# In the database, because signing in must go on while Redis is away.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "reseller_portal_cache",
    }
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.access.EmailBackend"]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.passwords.PasswordRules"}]
# Names that a password must not be made of, besides the person's own: those of their companies.
PASSWORD_CONTEXT = "customers.models.company_names"  # noqa: S105 a function
# SHA-1 hashes of stolen passwords in order, as Have I Been Pwned offers them; beside our own list.
BREACHED_PASSWORDS_FILE = env.str("BREACHED_PASSWORDS_FILE", "")
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if PORTAL_MODE == "test":
    PASSWORD_HASHERS.insert(0, "django.contrib.auth.hashers.MD5PasswordHasher")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "accounts.access.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reset_password": "accounts.forms.PasswordForgottenForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "change_password": "accounts.forms.PasswordChangeForm",
    "reauthenticate": "accounts.forms.ConfirmPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # The invitation's link has proved the address.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "30/m/ip,5/15m/key",
    "reset_password": "20/m/ip,5/h/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/15m/user",
    "email_change": "5/h/user",
    "password_strength": "120/m/ip",
    "reauthenticate": "5/15m/user",
    "provider": "60/m/ip",
    "own_details": "30/m/ip",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", 0)
PASSWORD_RESET_TIMEOUT = 60 * 60
MFA_ADAPTER = "accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # The invitation's link has proved the address.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # A demo runs on http://localhost.
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.ConfirmCodeForm",
    "activate_totp": "accounts.forms.AuthenticatorForm",
    "authenticate_webauthn": "accounts.forms.PasskeyAnswerForm",
    "reauthenticate_webauthn": "accounts.forms.ConfirmPasskeyForm",
    "login_webauthn": "accounts.forms.PasskeySignInForm",
    "add_webauthn": "accounts.forms.PasskeyForm",
    "edit_webauthn": "accounts.forms.PasskeyNameForm",
}
# By name: server, client id, secret. Who signs in by one has an account and has connected it.
SIGN_IN_PROVIDERS = environment.sign_in_providers(mode=PORTAL_MODE)
SOCIALACCOUNT_ADAPTER = "accounts.access.ProviderAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "accounts.providers.SignInProvider",
        "OAUTH_PKCE_ENABLED": True,
        "AUTH_PARAMS": {"prompt": "select_account"},
    }
}

SESSION_ENGINE = "accounts.sessions"  # which says how long a session lasts
_secure = BASE_URL.startswith("https://")
SESSION_COOKIE_NAME = "__Host-session" if _secure else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _secure else "csrf"
LANGUAGE_COOKIE_NAME = "__Host-language" if _secure else "language"
THEME_COOKIE_NAME = "__Host-theme" if _secure else "theme"
DEVICE_COOKIE_NAME = "__Host-device" if _secure else "device"
SIGNATURE_COOKIE_NAME = "__Host-signature" if _secure else "signature"
INVITATION_COOKIE_NAME = "__Host-invitation" if _secure else "invitation"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = _secure
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", False) else None
)
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _secure
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # data: for the small pictures inside Bootstrap's stylesheet
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000

LANGUAGE_CODE = "en"
LANGUAGES = [("de", _("German")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Europe/Berlin"

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(VAR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PORTAL_MODE == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = PORTAL_MODE == "test"

vars().update(env.email_url("EMAIL_URL", "smtp://127.0.0.1:1025"))
# How many times as fast leases, back-off and time-outs run: for trying faults, not for people.
MAIL_HASTE = env.float("MAIL_HASTE", 1)
if PRODUCTION and MAIL_HASTE != 1:
    raise ImproperlyConfigured("MAIL_HASTE shortens leases and is refused in production.")
EMAIL_TIMEOUT = 15 / MAIL_HASTE  # seconds; below the lease, which is below the visibility timeout
MAIL_FROM = env.str("MAIL_FROM", "Reseller Portal <portal@portal.example>")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_FROM
# How many invitations leave at most, against mistakes and misuse.
INVITATIONS_AN_HOUR = env.int("INVITATIONS_AN_HOUR", 200)  # of one reseller
INVITATIONS_A_DAY_TO_ONE_ADDRESS = 10  # of all resellers together
# The mail service signs its reports of bounces with it; without it there is no address for them.
MAIL_WEBHOOK_KEY = environment.optional_secret("MAIL_WEBHOOK_KEY")
# Who writes the words of each kind of mail: called with the outbox row when it is sent.
MAIL_BUILDERS = {
    "invitation": "invitations.emails.invitation_email",
    "invitation_reminder": "invitations.emails.reminder_email",
    "invitation_failed": "invitations.emails.failure_email",
    "personal_page": "rollout.emails.personal_page_email",
    "new_owner": "resellers.emails.new_owner_email",
    "invoice": "billing.emails.invoice_email",
    "invoice_reminder": "billing.emails.reminder_email",
    "password_reset": "accounts.emails.password_reset_email",
    "email_change": "accounts.emails.email_change_email",
    "account_notice": "accounts.emails.account_notice_email",
}
# The same for staff to look at, without a link that acts.
MAIL_PREVIEWS = {
    "invitation": "invitations.emails.preview",
    "invitation_reminder": "invitations.emails.preview",
    "invitation_failed": "invitations.emails.failure_email",
    "personal_page": "rollout.emails.preview",
    "new_owner": "resellers.emails.preview",
    "invoice": "billing.emails.invoice_email",
    "invoice_reminder": "billing.emails.reminder_preview",
    "password_reset": "accounts.emails.password_reset_preview",
    "email_change": "accounts.emails.email_change_preview",
    "account_notice": "accounts.emails.account_notice_email",
}

REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_DB_REUSE_MAX = 500  # a new connection costs 12 ms a task
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = {
    "deliver due mail": {
        "task": "mail.schedule.queue_due_mail",
        "schedule": max(1.0, 5 / MAIL_HASTE),
        # Seconds; few pile up while no worker listens, and a host's clock may be minutes off.
        "options": {"expires": 600},
    },
    # When yesterday's last transaction has long ended.
    "seal the history": {
        "task": "audit.schedule.seal_yesterday",
        "schedule": crontab(hour=3, minute=10),
    },
    "check the seals": {
        "task": "audit.schedule.check_some_seals",
        "schedule": crontab(hour=3, minute=50),
    },
    # Every ten minutes, but done once a day: so a night without a scheduler is made up for.
    "daily run": {
        "task": "subscriptions.schedule.run_today",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "remind of payments": {
        "task": "billing.schedule.remind_of_payments",
        "schedule": 1800.0,
        "options": {"expires": 1800},
    },
    "go on with imports": {
        "task": "subscriptions.schedule.queue_imports",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "forget old imports": {
        "task": "subscriptions.schedule.forget_imports",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "copy signatures of moved customers": {
        "task": "signatures.schedule.copy_moved_signatures",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    # An hour is soon enough for what was kept for ninety days.
    "delete signatures of the past": {
        "task": "signatures.schedule.delete_old_signatures",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "month's invoices": {
        "task": "billing.schedule.issue_invoices",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
    "go on with imports of people": {
        "task": "signatures.schedule.go_on_with_imports",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "forget old imports of people": {
        "task": "signatures.schedule.forget_old_imports",
        "schedule": crontab(hour=3, minute=50),
    },
    "forget old sessions": {
        "task": "accounts.schedule.forget_old_sessions",
        "schedule": crontab(hour=3, minute=20),
    },
    "remind of invitations": {
        "task": "invitations.schedule.remind_of_invitations",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "tell of invitations that did not arrive": {
        "task": "invitations.schedule.tell_of_failures",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "go on sending several invitations": {
        "task": "invitations.schedule.queue_bulk_sendings",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "go on mailing personal pages": {
        "task": "rollout.schedule.queue_page_sendings",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "forget old sendings": {
        "task": "invitations.schedule.forget_sendings",
        "schedule": 6 * 3600.0,
        "options": {"expires": 3600},
    },
    "forget old data": {
        "task": "privacy.schedule.forget_old_data",
        "schedule": crontab(hour=3, minute=40),
    },
    "go on with erasures": {
        "task": "privacy.schedule.queue_erasures",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "make missing documents": {
        "task": "billing.schedule.queue_missing_documents",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "reseller_portal.logs.formatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "propagate": False},
        "django.db.backends": {"level": "WARNING"},
        # They log addresses of people and of servers at INFO.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
