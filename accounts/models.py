"""Who signs in."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

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

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email_key"
    REQUIRED_FIELDS = ["email", "name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(condition=~models.Q(email_key=""), name="user_has_an_address")
        ]

    def __str__(self) -> str:
        return self.email
