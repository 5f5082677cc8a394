"""The one row of the demo's clock."""

from django.db import models


class ClockOffset(models.Model):
    """How many days a demo's clock runs ahead; production never asks."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    days = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.days} days ahead"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="clock_offset_one_row")
        ]
