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
