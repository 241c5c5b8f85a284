// Shared by the components. Everything from outside enters the page as textContent: nothing is ever parsed as HTML.

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function makeButton(className, label, act) {
  const node = make("button", className, label);
  node.type = "button";
  node.onclick = act;
  return node;
}

function show(node, text) {
  if (node.textContent !== (text || "")) node.textContent = text || "";
  node.hidden = !text;
}

// Has `parent` hold these nodes in this order. What stays in its place is not touched, and keeps the keyboard.
function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const node of [...parent.childNodes]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, place) => {
    if (parent.childNodes[place] !== node) parent.insertBefore(node, parent.childNodes[place] || null);
  });
}

// Makes `node` what `fresh` is, and keeps those of its parts that are still there.
function renew(node, fresh) {
  for (const name of node.getAttributeNames()) if (!fresh.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  node.onclick = fresh.onclick;
  if (!fresh.childElementCount) {
    if (node.textContent !== fresh.textContent) node.textContent = fresh.textContent;
    return node;
  }
  const left = [...node.children];
  const parts = [...fresh.children].map((part) => {
    const at = left.findIndex((one) => one.tagName === part.tagName && one.className === part.className);
    return at < 0 ? part : renew(left.splice(at, 1)[0], part);
  });
  arrange(node, parts);
  return node;
}

// A list that changes while people look at it, such as one of files that are being read: an entry, known by what `keyOf`
// says, keeps its node and its buttons. Were they replaced, a click would be lost that began on the old and ended on the
// new button, and the keyboard would lose its place, with every change.
function redraw(list, entries, keyOf, draw) {
  const before = new Map([...list.children].map((node) => [node.ibid.key, node]));
  const held = list.getRootNode().activeElement;
  const nodes = entries.map((entry) => {
    const [key, drawn] = [keyOf(entry), JSON.stringify(entry)];
    const known = before.get(key);
    if (known && known.ibid.drawn === drawn) return known;
    const node = known ? renew(known, draw(entry)) : draw(entry);
    node.ibid = { key, drawn };
    return node;
  });
  arrange(list, nodes);
  if (held && list.contains(held)) held.focus({ preventScroll: true }); // it may have moved with its entry
}

// On a narrow screen the source is a sheet over the page (see app.css), opened when it is asked for.
function revealSource() {
  document.body.classList.add("ibid-source-open");
}

// The theme's background, for what app.css lays over other things.
function sharePaper() {
  const paper = getComputedStyle(document.querySelector(".stApp") || document.body).backgroundColor;
  document.body.style.setProperty("--ibid-paper", paper);
}

// A button that opens a place in the panel beside; `state.pick` tells the app.
function opener(className, place, state) {
  const node = makeButton(className, undefined, () => {
    state.pick(place);
    revealSource();
  });
  node.dataset.place = place;
  return node;
}

// The one that is shown beside is pressed.
function markOpened(root, selected) {
  root.querySelectorAll("[data-place]").forEach((node) => {
    node.setAttribute("aria-pressed", String(Number(node.dataset.place) === selected));
  });
}
