// Joins allauth's passkey scripts to the form that names one of them in data-passkey. Hidden forms
// show themselves where the browser knows passkeys; those belong to a name, so a page that is opened
// by a bare number cannot use any.
const ids = {
  ...Object.fromEntries(["login", "authenticate", "add"].map((deed) => [deed, "passkey-button"])),
  credential: "id_credential",
  passwordless: "id_passwordless",
  data: "passkey-data",
};
const form = document.querySelector("[data-passkey]");
if (form && window.PublicKeyCredential && !/^[\d.]+$|:/.test(location.hostname)) {
  window.allauth.webauthn.forms[form.dataset.passkey]({ ids });
  form.hidden = false;
}
