// The documents of a collection. Everything from outside enters the page as textContent.

function drawBar(row, entry) {
  const bar = row.appendChild(make("div", "bar"));
  bar.setAttribute("role", "progressbar");
  bar.setAttribute("aria-valuenow", String(Math.round(entry.progress * 100)));
  bar.setAttribute("aria-label", entry.state_label);
  bar.appendChild(make("span")).style.width = `${Math.round(entry.progress * 100)}%`;
}

function drawRow(entry, data, pick) {
  const row = make("li", "row");
  row.dataset.state = entry.state;
  const main = row.appendChild(make("div"));
  main.append(make("div", "title", entry.title));
  if (entry.name !== entry.title) main.append(make("div", "name", entry.name));
  if (entry.facts) main.append(make("div", "facts", entry.facts));
  if (entry.state === "in_progress") drawBar(main, entry);
  for (const note of entry.notes) main.append(make("div", "note", note));
  const side = row.appendChild(make("div", "side"));
  side.append(make("span", "state", entry.state_label));
  if (entry.state !== "in_progress") {
    const button = side.appendChild(makeButton("delete", data.delete_label, () => pick(entry.id)));
    button.setAttribute("aria-label", entry.delete_label);
  }
  return row;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".ibid");
  if (!root) root = parentElement.appendChild(make("section", "ibid"));
  root.lang = data.lang;
  const wanted = JSON.stringify(data);
  if (root.ibid === wanted) return;
  root.ibid = wanted;
  const list = make("ul", "list");
  for (const entry of data.rows) list.append(drawRow(entry, data, (id) => setTriggerValue("remove", id)));
  root.replaceChildren(list);
}
