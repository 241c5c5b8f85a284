// The passages of a document as they were cut. Everything from outside enters the page as textContent.

function drawTable(rows) {
  const table = make("table", "table");
  const body = table.appendChild(make("tbody"));
  for (const cells of rows) {
    const row = body.appendChild(make("tr"));
    for (const cell of cells) row.append(make("td", "", cell));
  }
  // Wide tables are moved sideways, also with the arrow keys.
  const frame = make("div", "frame");
  frame.tabIndex = 0;
  frame.append(table);
  return frame;
}

function drawPassage(passage) {
  const item = make("li", "passage");
  const head = item.appendChild(make("div", "head"));
  head.append(make("span", "number", passage.number));
  if (passage.where) head.append(make("span", "where", passage.where));
  for (const block of passage.blocks) {
    item.append(block.rows.length ? drawTable(block.rows) : make("div", "text", block.text));
  }
  return item;
}

export default function ({ data, parentElement }) {
  let root = parentElement.querySelector(".ibid");
  if (!root) root = parentElement.appendChild(make("section", "ibid"));
  root.lang = data.lang;
  const wanted = JSON.stringify(data);
  if (root.ibid === wanted) return;
  root.ibid = wanted;
  const list = make("ol", "list");
  list.append(...data.passages.map(drawPassage));
  root.replaceChildren(list);
}
