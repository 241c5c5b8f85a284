// One question with its answer. Everything from outside enters the page as textContent: nothing is ever parsed as HTML.

// Which sign stands behind a sentence, by verdict. Colour is never the only difference.
const SIGNS = { supported: "✓", partly: "◐", contradicted: "≠", unsupported: "✕", uncited: "○" };

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function build(root) {
  const part = (tag, name) => root.appendChild(make(tag, name));
  const parts = {
    question: part("p", "question"), note: part("p", "note"), answer: part("p", "answer"), progress: part("p", "progress"),
    why: part("p", "why"), summary: part("p", "summary"), conflicts: part("div", "conflicts"), withdrawn: part("ul", "withdrawn"), passages: part("div", "passages"),
  };
  parts.answer.setAttribute("aria-live", "polite");
  parts.why.setAttribute("role", "status");
  parts.why.hidden = true;
  parts.withdrawn.setAttribute("role", "status");
  return parts;
}

function show(node, text) {
  if (node.textContent !== (text || "")) node.textContent = text || "";
  node.hidden = !text;
}

// On a narrow screen the source is a sheet over the chat (see app.css), opened when it is asked for.
function revealSource() {
  document.body.classList.add("ibid-source-open");
}

// The theme's background, for what app.css lays over other things.
function sharePaper() {
  const paper = getComputedStyle(document.querySelector(".stApp") || document.body).backgroundColor;
  document.body.style.setProperty("--ibid-paper", paper);
}

function opener(node, place, state) {
  node.type = "button";
  node.dataset.place = place;
  node.onclick = () => {
    state.pick(place);
    revealSource();
  };
  return node;
}

function toggleWhy(mark, sentence, state) {
  const open = mark.getAttribute("aria-expanded") !== "true";
  state.root.querySelectorAll(".mark").forEach((other) => other.setAttribute("aria-expanded", "false"));
  mark.setAttribute("aria-expanded", String(open));
  show(state.parts.why, open ? sentence.reason : "");
}

function makeSentence(sentence, state) {
  const node = make("span", "sentence");
  node.dataset.verdict = sentence.verdict;
  const tail = make("span", "tail"); // what stays on one line with the mark
  sentence.pieces.forEach((piece, index) => {
    const last = index >= sentence.pieces.length - sentence.tail;
    (last ? tail : node).append(makePiece(piece, state));
  });
  node.append(tail);
  if (sentence.verdict) tail.append(makeMark(sentence, state));
  const whole = document.createDocumentFragment();
  whole.append(node, sentence.after);
  return whole;
}

function makePiece(piece, state) {
  if (piece.place !== undefined) return makeChip(piece, state);
  return piece.strong ? make("strong", "", piece.text) : piece.text;
}

function makeChip(piece, state) {
  const chip = opener(make("button", "chip", piece.text), piece.place, state);
  chip.title = piece.title;
  chip.setAttribute("aria-label", piece.label);
  return chip;
}

function makeMark(sentence, state) {
  const mark = make("button", "mark", SIGNS[sentence.verdict] || "·");
  mark.type = "button";
  mark.dataset.verdict = sentence.verdict;
  mark.title = sentence.reason;
  mark.setAttribute("aria-label", sentence.reason);
  mark.setAttribute("aria-expanded", "false");
  mark.onclick = () => toggleWhy(mark, sentence, state);
  return mark;
}

// Sentences that already stand stay as they are: no flicker while more come in, and the keyboard's place is kept.
function drawSentences(sentences, state) {
  const known = state.drawn;
  const same = known.every((text, index) => index < sentences.length && text === JSON.stringify(sentences[index]));
  if (!same) {
    state.parts.answer.replaceChildren();
    show(state.parts.why, "");
    known.length = 0;
  }
  for (const sentence of sentences.slice(known.length)) {
    state.parts.answer.append(makeSentence(sentence, state));
    known.push(JSON.stringify(sentence));
  }
  state.parts.answer.hidden = !sentences.length;
}

function drawPassages(data, state) {
  const wanted = JSON.stringify([data.passages_title, data.passages]);
  if (wanted === state.passages) return;
  state.passages = wanted;
  state.parts.passages.replaceChildren();
  if (!data.passages.length) return;
  state.parts.passages.append(make("h3", "", data.passages_title));
  data.passages.forEach((passage, place) => {
    const button = opener(make("button", "passage"), place, state);
    button.append(make("span", "passage-label", passage.label), make("span", "passage-excerpt", passage.excerpt));
    state.parts.passages.append(button);
  });
}

// What documents say that disagree, side by side: what came into force last first.
function drawConflicts(data, state) {
  const wanted = JSON.stringify([data.conflicts_title, data.conflicts]);
  if (wanted === state.conflicts) return;
  state.conflicts = wanted;
  state.parts.conflicts.replaceChildren();
  if (!data.conflicts.length) return;
  state.parts.conflicts.append(make("h3", "", data.conflicts_title));
  for (const sides of data.conflicts) {
    const row = state.parts.conflicts.appendChild(make("div", "sides"));
    for (const side of sides) {
      const button = opener(make("button", "side"), side.place, state);
      button.append(make("strong", "side-value", side.value), make("span", "side-document", side.document));
      if (side.dates) button.append(make("span", "side-dates", side.dates));
      row.append(button);
    }
  }
}

// What was cited and is no longer what it was: said below the answer, and shown on the chips.
function drawWithdrawn(data, state) {
  const lines = JSON.stringify(data.withdrawn);
  if (lines !== state.withdrawn) {
    state.withdrawn = lines;
    state.parts.withdrawn.replaceChildren(...data.withdrawn.map((line) => make("li", "", line)));
  }
  state.parts.withdrawn.hidden = !data.withdrawn.length;
  state.root.querySelectorAll(".chip").forEach((chip) => {
    chip.classList.toggle("gone", data.gone.includes(Number(chip.dataset.place)));
  });
}

// A new question comes into view, however far up its asker had read; Streamlit then follows the end of the page.
function scrollToEnd(root, within) {
  let box = root.getRootNode().host || root;
  while (box.parentElement && (box.scrollHeight <= box.clientHeight || getComputedStyle(box).overflowY === "visible")) {
    box = box.parentElement;
  }
  if (box.scrollHeight - box.scrollTop - box.clientHeight < within) box.scrollTop = box.scrollHeight;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".ibid");
  if (!root) {
    root = parentElement.appendChild(make("section", "ibid"));
    root.ibid = { root, parts: build(root), drawn: [], passages: "", withdrawn: "", conflicts: "" };
    if (data.progress) requestAnimationFrame(() => scrollToEnd(root, Infinity));
  }
  const state = root.ibid;
  sharePaper();
  // What is drawn below a finished answer (a notice, say) takes a moment; whoever reads further up is left alone.
  if (state.running && !data.progress) setTimeout(() => scrollToEnd(root, 320), 400);
  state.running = Boolean(data.progress);
  state.pick = (place) => setTriggerValue("select", place);
  root.lang = data.lang;
  show(state.parts.question, data.question);
  show(state.parts.note, data.note);
  drawSentences(data.sentences, state);
  show(state.parts.progress, data.progress);
  show(state.parts.summary, data.summary);
  drawConflicts(data, state);
  drawWithdrawn(data, state);
  drawPassages(data, state);
  root.querySelectorAll("[data-place]").forEach((node) => {
    node.setAttribute("aria-pressed", String(Number(node.dataset.place) === data.selected));
  });
}
