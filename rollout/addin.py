"""The manifest of the Outlook add-in, which an administrator uploads once. Pure."""

import uuid
from xml.etree import ElementTree as ET

APP = "http://schemas.microsoft.com/office/appforoffice/1.1"
BASIC = "http://schemas.microsoft.com/office/officeappbasictypes/1.0"
MAIL_1_0 = "http://schemas.microsoft.com/office/mailappversionoverrides"
MAIL_1_1 = "http://schemas.microsoft.com/office/mailappversionoverrides/1.1"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}type"
EVENTS = {"OnNewMessageCompose": "setSignature", "OnMessageFromChanged": "setSignature"}


def make_manifest(*, base_url: str, token: str, customer_code: str, company: str, icon: str) -> str:
    """Return the manifest whose code and key are behind `token`; the same input, the same Id."""
    ET.register_namespace("", APP)
    ET.register_namespace("bt", BASIC)
    home = f"{base_url}/add-in/{token}/"
    app = ET.Element(f"{{{APP}}}OfficeApp", {XSI: "MailApp"})
    _text(app, APP, "Id", str(uuid.uuid5(uuid.NAMESPACE_URL, f"{base_url}/{customer_code}")))
    _text(app, APP, "Version", "1.0.0.0")
    _text(app, APP, "ProviderName", company[:125])
    _text(app, APP, "DefaultLocale", "en-US")
    _value(app, APP, "DisplayName", f"{company} E-Mail-Signatur"[:125])
    _value(app, APP, "Description", "Sets the published e-mail signature in new mails.")
    _value(app, APP, "IconUrl", icon)
    _value(app, APP, "HighResolutionIconUrl", icon)
    _value(app, APP, "SupportUrl", base_url)
    domains = ET.SubElement(app, f"{{{APP}}}AppDomains")
    _text(domains, APP, "AppDomain", base_url)
    hosts = ET.SubElement(app, f"{{{APP}}}Hosts")
    ET.SubElement(hosts, f"{{{APP}}}Host", {"Name": "Mailbox"})
    requirements = ET.SubElement(app, f"{{{APP}}}Requirements")
    sets = ET.SubElement(requirements, f"{{{APP}}}Sets")
    ET.SubElement(sets, f"{{{APP}}}Set", {"Name": "Mailbox", "MinVersion": "1.3"})
    forms = ET.SubElement(app, f"{{{APP}}}FormSettings")
    form = ET.SubElement(forms, f"{{{APP}}}Form", {XSI: "ItemEdit"})
    desktop = ET.SubElement(form, f"{{{APP}}}DesktopSettings")
    _value(desktop, APP, "SourceLocation", home)
    _text(app, APP, "Permissions", "ReadWriteItem")
    rules = ET.SubElement(app, f"{{{APP}}}Rule", {XSI: "ItemIs", "ItemType": "Message"})
    rules.set("FormType", "Edit")
    _text(app, APP, "DisableEntityHighlighting", "false")
    outer = ET.SubElement(app, f"{{{MAIL_1_0}}}VersionOverrides", {XSI: "VersionOverridesV1_0"})
    inner = ET.SubElement(outer, f"{{{MAIL_1_1}}}VersionOverrides", {XSI: "VersionOverridesV1_1"})
    _overrides(inner, home)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(app, encoding="unicode")


def _overrides(inner: ET.Element, home: str) -> None:
    requirements = ET.SubElement(inner, f"{{{MAIL_1_1}}}Requirements")
    sets = ET.SubElement(requirements, f"{{{BASIC}}}Sets", {"DefaultMinVersion": "1.10"})
    ET.SubElement(sets, f"{{{BASIC}}}Set", {"Name": "Mailbox"})
    hosts = ET.SubElement(inner, f"{{{MAIL_1_1}}}Hosts")
    host = ET.SubElement(hosts, f"{{{MAIL_1_1}}}Host", {XSI: "MailHost"})
    runtimes = ET.SubElement(host, f"{{{MAIL_1_1}}}Runtimes")
    runtime = ET.SubElement(runtimes, f"{{{MAIL_1_1}}}Runtime", {"resid": "Page"})
    ET.SubElement(runtime, f"{{{MAIL_1_1}}}Override", {"type": "javascript", "resid": "Code"})
    for factor in ("DesktopFormFactor", "MobileFormFactor"):
        form = ET.SubElement(host, f"{{{MAIL_1_1}}}{factor}")
        point = ET.SubElement(form, f"{{{MAIL_1_1}}}ExtensionPoint", {XSI: "LaunchEvent"})
        events = ET.SubElement(point, f"{{{MAIL_1_1}}}LaunchEvents")
        for event, function in EVENTS.items():
            if factor == "MobileFormFactor" and event == "OnMessageFromChanged":
                continue  # phones do not know it
            ET.SubElement(
                events,
                f"{{{MAIL_1_1}}}LaunchEvent",
                {"Type": event, "FunctionName": function},
            )
        ET.SubElement(point, f"{{{MAIL_1_1}}}SourceLocation", {"resid": "Page"})
    resources = ET.SubElement(inner, f"{{{MAIL_1_1}}}Resources")
    addresses = ET.SubElement(resources, f"{{{BASIC}}}Urls")
    for name, address in (("Page", home), ("Code", f"{home}code.js")):
        entry = ET.SubElement(addresses, f"{{{BASIC}}}Url", {"id": name})
        entry.set("DefaultValue", address)


def _text(parent: ET.Element, space: str, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{space}}}{name}").text = text


def _value(parent: ET.Element, space: str, name: str, value: str) -> None:
    ET.SubElement(parent, f"{{{space}}}{name}", {"DefaultValue": value})
