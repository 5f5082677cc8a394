"""A reseller's invoices and their files."""

from django.urls import path

from billing import views
from subscriptions import price_views

urlpatterns = [
    path("", views.invoices, name="invoices"),
    path("prices/", price_views.prices, name="prices"),
    path("<int:year>.zip", views.invoices_archive, name="invoices_archive"),
    path("<str:code>/", views.invoice, name="invoice"),
    path("<str:code>/lines.csv", views.invoice_lines, name="invoice_lines"),
    path("<str:code>/invoice.pdf", views.invoice_pdf, name="invoice_pdf"),
    path("<str:code>/invoice.xml", views.invoice_xml, name="invoice_xml"),
]
