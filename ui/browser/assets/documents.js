// The documents of a collection. Everything from outside enters the page as textContent.

function drawBar(row, entry) {
  const bar = row.appendChild(make("div", "bar"));
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-valuenow", String(Math.round(entry.progress * 100)));
  bar.setAttribute("aria-label", entry.state_label);
  bar.appendChild(make("span")).style.width = `${Math.round(entry.progress * 100)}%`;
}

function drawTitle(entry, act) {
  if (!entry.can_open) return make("div", "title", entry.title);
  return makeButton("title open", entry.title, () => act("open", entry.id));
}

function drawAction(name, label, described, act) {
  const button = makeButton(name, label, act);
  button.setAttribute("aria-label", described);
  return button;
}

function drawRow(entry, data, act) {
  const row = make("li", "row");
  row.dataset.state = entry.state;
  const main = row.appendChild(make("div"));
  main.append(drawTitle(entry, act));
  if (entry.name !== entry.title) main.append(make("div", "name", entry.name));
  if (entry.facts) main.append(make("div", "facts", entry.facts));
  if (entry.state === "in_progress") drawBar(main, entry);
  if (entry.left) main.append(make("div", "facts", entry.left));
  for (const note of entry.notes) main.append(make("div", "note", note));
  const side = row.appendChild(make("div", "side"));
  side.append(make("span", "state", entry.state_label));
  if (entry.can_retry) {
    side.append(drawAction("retry", data.retry_label, entry.retry_label, () => act("retry", entry.id)));
  }
  side.append(drawAction("delete", data.delete_label, entry.delete_label, () => act("remove", entry.id)));
  return row;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".ibid");
  if (!root) {
    root = parentElement.appendChild(make("section", "ibid"));
    root.append(make("ul", "list"));
  }
  if (root.lang !== data.lang) root.firstChild.replaceChildren(); // every word is another
  root.lang = data.lang;
  redraw(root.firstChild, data.rows, (entry) => entry.id, (entry) => drawRow(entry, data, setTriggerValue));
}
