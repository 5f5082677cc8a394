"""What the dashboard is compared with: a plain ListView, as most projects list rows."""

from crispy_forms.helper import FormHelper
from django.http import HttpResponse
from django.template import engines
from django.views.generic import ListView

from subscriptions.forms import FilterForm
from subscriptions.models import Subscription

PAGE = """{% extends "base.html" %}{% load crispy_forms_tags i18n %}
{% block title %}Plain{% endblock %}{% block heading %}Plain{% endblock %}
{% block content %}
<form method="get">{% crispy filters %}<button class="btn btn-quiet">{% translate "Search" %}</button></form>
<table class="portal-table"><thead><tr><th>{% translate "Customer" %}</th>
<th>{% translate "Number of users" %}</th><th>{% translate "Status" %}</th>
<th>{% translate "Next payment date" %}</th><th></th></tr></thead><tbody>
{% for subscription in page_obj %}<tr>
<th scope="row"><a href="{% url 'subscription' subscription.code %}">{{ subscription.customer.name }}</a>
<span class="product">{{ subscription.get_product_display }}</span></th>
<td class="number">{{ subscription.seats|number }}</td>
<td>{% include "components/state.html" with state=subscription.state label=subscription.state_label %}</td>
<td class="number">{{ subscription.next_payment_on|day }}</td>
<td><a href="{% url 'subscription_signatures' subscription.code %}">{% translate "Open signatures" %}</a>
<a href="{% url 'subscription' subscription.code %}">{% translate "Manage" %}</a></td></tr>{% endfor %}
</tbody></table>{{ page_obj.number }} / {{ paginator.num_pages }}
{% endblock %}"""


class PlainList(ListView):
    """The same rows by paginator, crispy filter form and template loop."""

    paginate_by = 50

    def get_queryset(self):
        """Return the reseller's living subscriptions by name."""
        rows = Subscription.objects.filter(reseller=self.request.member.reseller, ended_on=None)
        return rows.select_related("customer").order_by("sort_key", "id")

    def render_to_response(self, context, **kwargs):
        filters = FilterForm(self.request.GET)
        filters.helper = FormHelper()
        filters.helper.form_tag = False
        template = engines["django"].from_string(PAGE)
        return HttpResponse(template.render(context | {"filters": filters}, self.request))
