"""A reseller's invoices and their files."""

from django.urls import path

from billing import views

urlpatterns = [
    path("", views.invoices, name="invoices"),
    path("<int:year>.zip", views.invoices_archive, name="invoices_archive"),
    path("<str:code>/", views.invoice, name="invoice"),
    path("<str:code>/lines.csv", views.invoice_lines, name="invoice_lines"),
    path("<str:code>/invoice.pdf", views.invoice_pdf, name="invoice_pdf"),
    path("<str:code>/invoice.xml", views.invoice_xml, name="invoice_xml"),
]
