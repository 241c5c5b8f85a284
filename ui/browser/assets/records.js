// Rows of the page Look after: a name, what is known of it, and at most one thing to do with it.
// Everything from outside enters the page as textContent.

function drawShare(record) {
  const percent = Math.round(record.share * 100);
  const bar = make("div", "bar");
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", `${record.title}: ${percent} %`);
  bar.appendChild(make("span")).style.width = `${percent}%`;
  return bar;
}

function drawRecord(record, act) {
  const item = make("li", record.inner ? "record inner" : "record");
  const main = item.appendChild(make("div"));
  main.append(make("div", "title", record.title));
  for (const line of record.lines) main.append(make("div", "line", line));
  if (record.share >= 0) main.append(drawShare(record));
  for (const note of record.notes) main.append(make("div", "note", note));
  const side = item.appendChild(make("div", "side"));
  if (record.state) {
    side.append(make("span", "state", record.state));
    side.firstChild.dataset.state = record.mood;
  }
  if (record.action) {
    const button = side.appendChild(makeButton("act", record.action.label, () => act(record.action.id)));
    button.setAttribute("aria-label", record.action.described);
  }
  return item;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".ibid");
  if (!root) root = parentElement.appendChild(make("section", "ibid"));
  root.lang = data.lang;
  const wanted = JSON.stringify(data);
  if (root.ibid === wanted) return;
  root.ibid = wanted;
  const list = make("ul", "list");
  list.append(...data.records.map((record) => drawRecord(record, (id) => setTriggerValue("act", id))));
  root.replaceChildren(list);
}
