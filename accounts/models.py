"""Who signs in."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core import signing
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.passwords import normalised
from reseller_portal import clock
from reseller_portal.names import email_key


class UserManager(BaseUserManager["User"]):
    def by_email(self, address: str) -> "User | None":
        """Return the user of this address, whatever its case, or None."""
        try:
            return self.filter(email_key=email_key(address)).first()
        except ValueError:
            return None

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        """Return a new user. Raises ValueError when `email` is no address."""
        user = self.model(email=email.strip(), email_key=email_key(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in. The e-mail address is the user name, as typed; its key is unique."""

    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(max_length=254, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=5, blank=True, default="")
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = UserManager()
    authenticator_set: Any  # of allauth: app, passkeys, recovery codes
    socialaccount_set: Any  # of allauth: accounts at Microsoft and Google that sign in here

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email_key"
    REQUIRED_FIELDS = ["email", "name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(condition=~Q(email_key=""), name="user_has_an_address")
        ]

    def __str__(self) -> str:
        return self.email

    def set_password(self, raw_password: str | None) -> None:
        """Keep the password's hash; how a keyboard composes its letters makes no difference."""
        super().set_password(raw_password and normalised(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        return super().check_password(raw_password and normalised(raw_password))

    @property
    def has_second_factor(self) -> bool:
        """Whether signing in asks for a code or a passkey besides the password."""
        return self.authenticator_set.exists()

    def living_sessions(self) -> models.QuerySet["Session"]:
        """Return where the user is signed in; what has run out is deleted at night."""
        return self.sessions.filter(expire_date__gt=clock.real_now())


class Session(AbstractBaseSession):
    """Somebody's session in one browser. Its columns are written by `accounts.sessions`.

    Pages name it by `number`, as its key is a secret.
    """

    # Not unique: a session that gets a new key is two rows for a moment.
    number = models.UUIDField(null=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="sessions", null=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=300, blank=True)
    began_at = models.DateTimeField(_("signed in"), null=True)
    used_at = models.DateTimeField(_("last used"), null=True)

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls):
        from accounts.sessions import SessionStore

        return SessionStore


class EmailChange(models.Model):
    """Somebody's wish to sign in by another address, until a link sent there confirms it."""

    SALT = "accounts.email_change"  # of the signed links

    user = models.ForeignKey(User, models.CASCADE, related_name="email_changes")
    email = models.EmailField(_("new e-mail address"))
    nonce = models.CharField(max_length=32, editable=False)
    asked_at = models.DateTimeField(_("asked"))
    expires_at = models.DateTimeField(_("holds until"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)

    class Meta:
        verbose_name = _("change of address")
        verbose_name_plural = _("changes of address")
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(confirmed_at=None),
                name="email_change_one_open_per_user",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.email}"

    @property
    def token(self) -> str:
        """What the link holds; it is made when the mail is sent and stored nowhere."""
        return signing.dumps([self.pk, self.nonce], salt=self.SALT)
