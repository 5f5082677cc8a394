"""What owners look after for their reseller."""

from django.urls import path

from resellers import views

urlpatterns = [
    path("security/", views.reseller_security, name="reseller_security"),
    path("invoices/", views.invoice_address, name="invoice_address"),
    path("history/", views.history, name="history"),
    path("history/export/", views.history_export, name="history_export"),
]
