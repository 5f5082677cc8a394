// The editor of a design: dragging blocks, and putting placeholders where one types.
// Without it the same happens by buttons; see templates/signatures/design.html.
(() => {
  const press = (value) => {
    const form = document.getElementById("design");
    const button = document.createElement("button");
    button.name = "do";
    button.value = value;
    button.hidden = true;
    form.append(button);
    form.requestSubmit(button);
    button.remove();
  };

  const makeSortable = () => {
    for (const list of document.querySelectorAll("[data-place]:not([data-sortable])")) {
      if (list.closest("fieldset").disabled) continue;
      list.dataset.sortable = "";
      Sortable.create(list, {
        group: "blocks",
        handle: ".grip",
        animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
        // Columns do not stand in columns.
        onMove: ({ to, dragged }) => !(to.dataset.place && dragged.querySelector("[data-place]")),
        onEnd: ({ item, to, newIndex, from, oldIndex }) => {
          if (to === from && newIndex === oldIndex) return;
          press(`drop:${item.dataset.block}@${to.dataset.place}/${newIndex}`);
        },
      });
    }
  };
  // The editor is drawn anew after a click; who works by keyboard stays where they were.
  let focused = "";
  document.addEventListener("htmx:before:swap", () => {
    focused = document.activeElement?.id ?? "";
  });
  makeSortable();
  document.addEventListener("htmx:after:swap", () => {
    makeSortable();
    if (focused && document.activeElement === document.body) {
      document.getElementById(focused)?.focus();
    }
  });

  // A placeholder goes where the cursor was last, or to the end of the first text.
  let last = null;
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches("#design textarea, #design input[type=text]")) last = target;
  });
  document.addEventListener("click", ({ target }) => {
    const chip = target.closest("[data-insert]");
    if (!chip) return;
    const panel = chip.closest("fieldset");
    const field = last && panel.contains(last) ? last : panel.querySelector("textarea, input[type=text]");
    if (!field) return;
    const start = field.selectionStart ?? field.value.length;
    field.setRangeText(chip.dataset.insert, start, field.selectionEnd ?? start, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Undo and redo as everywhere, but not while the browser's own undo is at work in a field.
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    if (event.target.matches("textarea, input, select")) return;
    event.preventDefault();
    document.getElementById(event.shiftKey ? "redo" : "undo")?.click();
  });
})();
