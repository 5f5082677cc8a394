// Comfort only: every journey works without it. Finds elements by data-… attributes.
const find = (selector, root = document) => [...root.querySelectorAll(selector)];

// Sending a form twice by a double click: the button rests until the page is shown again.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented || event.target.dataset.rest === "no") return;
  // After the form's data are read: a disabled button would not be sent.
  setTimeout(() => { button.disabled = true; button.setAttribute("aria-busy", "true"); });
});
addEventListener("pageshow", () => {
  for (const button of find("button[aria-busy]")) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
});

// Filters apply when a choice is made.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit] select, [data-autosubmit] input[type=date]")) {
    event.target.form.requestSubmit();
  }
});

// One menu open at a time; Escape and a click beside it close it.
const closeMenus = (but) => {
  for (const menu of find("details.menu[open]")) if (menu !== but) menu.open = false;
};
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details.menu[open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});

// What a page asks for while it is open: said to be loading when it takes a while. Without a good
// answer nothing stands there, rather than an old price, an error page or the page to sign in.
const loading = new WeakMap();
document.addEventListener("htmx:before:request", ({ target }) => {
  clearTimeout(loading.get(target));
  loading.set(target, setTimeout(() => target.setAttribute("aria-busy", "true"), 300));
});
document.addEventListener("htmx:before:response", (event) => {
  const { ok, redirected } = event.detail.ctx.response.raw;
  if (ok && !redirected) return;
  event.preventDefault();
  event.target.replaceChildren();
});
document.addEventListener("htmx:error", ({ target, detail }) => {
  // Aborted because a newer request is under way: that one will answer.
  if (loading.has(target) && detail.error?.name !== "AbortError") target.replaceChildren();
});
document.addEventListener("htmx:finally:request", ({ target }) => {
  clearTimeout(loading.get(target));
  target.removeAttribute?.("aria-busy"); // the document's, where the target itself was replaced
});

// Copying a signature as rich text. By the copy event, not the asynchronous clipboard: that one
// runs the HTML through the page's policy and loses every inline style.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy-html]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copyHtml);
  const plain = document.querySelector(button.dataset.copyText);
  const said = document.querySelector(button.dataset.copySaid);
  let copied = false;
  document.addEventListener(
    "copy",
    (copy) => {
      copy.preventDefault();
      copy.clipboardData.setData("text/html", source.value);
      copy.clipboardData.setData("text/plain", plain.value);
      copied = true;
    },
    { once: true },
  );
  document.execCommand("copy");
  const told = copied && button.closest("[data-copied-post]");
  if (told) {
    fetch(told.dataset.copiedPost, {
      method: "POST",
      headers: { "X-CSRFToken": told.querySelector("[name=csrfmiddlewaretoken]").value },
    });
  }
  said.textContent = copied ? button.dataset.copyDone : button.dataset.copyFailed;
  if (copied) return;
  source.closest("details").open = true;
  source.focus();
  source.select();
});

// A field for a signature takes what was copied with its looks: as HTML, not as bare text.
document.addEventListener("paste", (event) => {
  if (!event.target.matches?.("[data-paste-html]")) return;
  const html = event.clipboardData.getData("text/html");
  if (!html) return;
  event.preventDefault();
  event.target.setRangeText(html, event.target.selectionStart, event.target.selectionEnd, "end");
});

// Told once that a person is there: on the first key or pointer, never by loading the page.
const opened = document.querySelector("[data-first-input-post]");
if (opened) {
  const stop = new AbortController();
  const tell = () => {
    stop.abort();
    fetch(opened.dataset.firstInputPost, {
      method: "POST",
      headers: { "X-CSRFToken": opened.querySelector("[name=csrfmiddlewaretoken]").value },
    });
  };
  for (const kind of ["keydown", "pointerdown"]) {
    addEventListener(kind, tell, { signal: stop.signal });
  }
}

// Errors first: the summary takes the focus after a form came back.
document.querySelector("[data-focus]")?.focus();
