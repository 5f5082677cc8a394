// Sets the published signature in new mails. Runs in Outlook's bare engine too: no page, no window.
// The line before says where from: source, most (characters), patience (milliseconds).
function setSignature(event) {
  const item = Office.context.mailbox.item;
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    event.completed();
  };
  // Outlook ends the add-in by itself after 60 seconds on phones; the mail must not wait for that.
  setTimeout(end, settings.patience);
  item.from.getAsync((from) => {
    if (from.status !== Office.AsyncResultStatus.Succeeded) return end();
    fetchSignature(from.value.emailAddress).then((html) => {
      // Without a signature the person's own one stays.
      if (ended || !html || html.length > settings.most) return end();
      item.disableClientSignatureAsync(() => {
        item.body.setSignatureAsync(html, { coercionType: Office.CoercionType.Html }, end);
      });
    }).catch(end);
  });
}

// As plain text, so that no browser asks for permission first.
function fetchSignature(address) {
  return fetch(settings.source, {
    method: "POST",
    headers: { "Content-Type": "text/plain" },
    body: address,
    credentials: "omit",
  }).then((answer) => (answer.ok ? answer.text() : null));
}

Office.actions.associate("setSignature", setSignature);
