// The headings of a document, each the way to its passages. Everything from outside enters the page as textContent.

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".ibid");
  if (!root) root = parentElement.appendChild(make("section", "ibid"));
  root.lang = data.lang;
  root.setAttribute("aria-label", data.label);
  const wanted = JSON.stringify(data);
  if (root.ibid === wanted) return;
  root.ibid = wanted;
  const list = make("ul", "outline");
  for (const heading of data.headings) {
    const item = list.appendChild(make("li"));
    item.style.paddingInlineStart = `${heading.level}rem`;
    item.append(makeButton("heading", heading.text, () => setTriggerValue("go", heading.start)));
  }
  root.replaceChildren(list);
}
