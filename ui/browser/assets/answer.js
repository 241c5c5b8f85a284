// One question with its answer.

function build(root) {
  const part = (tag, name, within = root) => within.appendChild(make(tag, name));
  const parts = { question: part("p", "question"), status: part("div", "status") };
  parts.progress = part("p", "progress", parts.status);
  parts.summary = part("p", "summary", parts.status);
  for (const name of ["answer", "why", "note", "reasons"]) parts[name] = part("p", name);
  for (const name of ["withheld", "withdrawn"]) parts[name] = part("ul", name);
  for (const name of ["conflicts", "passages", "actions", "thumbs"]) parts[name] = part("div", name);
  parts.told = part("p", "told");
  parts.answer.setAttribute("aria-live", "polite");
  for (const name of ["progress", "why", "withdrawn", "told"]) parts[name].setAttribute("role", "status");
  parts.why.hidden = parts.told.hidden = true;
  return parts;
}

// The state of the answer keeps its place above it from the first moment to the last, so that nothing below ever moves.
function drawStatus(data, state) {
  const { status, progress, summary } = state.parts;
  show(progress, data.progress);
  show(summary, data.summary);
  status.hidden = !data.progress && !data.summary;
  if (data.progress && !state.stop) {
    state.stop = status.appendChild(makeButton("act stop", data.words.stop, () => state.end()));
  } else if (!data.progress && state.stop) {
    state.stop.remove();
    state.stop = undefined;
  }
}

function drawPassages(data, state) {
  const wanted = JSON.stringify([data.passages_title, data.passages]);
  if (wanted === state.passages) return;
  state.passages = wanted;
  state.parts.passages.replaceChildren();
  if (!data.passages.length) return;
  state.parts.passages.append(make("h3", "", data.passages_title));
  data.passages.forEach((passage, place) => {
    const button = opener("passage", place, state);
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
      const button = opener("side", side.place, state);
      button.append(make("strong", "side-value", side.value), make("span", "side-document", side.document));
      if (side.dates) button.append(make("span", "side-dates", side.dates));
      row.append(button);
    }
  }
}

// Lines below the answer: what was withheld, what was cited and is no longer what it was.
function drawLines(name, lines, state) {
  const wanted = JSON.stringify(lines);
  if (wanted !== state[name]) {
    state[name] = wanted;
    state.parts[name].replaceChildren(...lines.map((line) => make("li", "", line)));
  }
  state.parts[name].hidden = !lines.length;
}

function markGone(data, state) {
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
    root.ibid = { root, parts: build(root), drawn: [] };
    if (data.progress) requestAnimationFrame(() => scrollToEnd(root, Infinity));
    if (data.revealed) requestAnimationFrame(() => root.scrollIntoView());
  }
  const state = root.ibid;
  sharePaper();
  // What is drawn below a finished answer (a notice, say) takes a moment; whoever reads further up is left alone.
  if (state.running && !data.progress) setTimeout(() => scrollToEnd(root, 320), 400);
  state.running = Boolean(data.progress);
  state.pick = (place) => setTriggerValue("select", place);
  state.end = () => setTriggerValue("stop", true);
  state.judge = (verdict) => setTriggerValue("judge", verdict);
  state.ask = (question) => setTriggerValue("ask", question);
  root.lang = data.lang;
  if (state.parts.question.textContent !== data.question) state.parts.question.textContent = data.question;
  drawStatus(data, state);
  drawSentences(data, state);
  show(state.parts.note, data.note);
  show(state.parts.reasons, data.reasons);
  drawLines("withheld", data.withheld, state);
  drawConflicts(data, state);
  drawLines("withdrawn", data.withdrawn, state);
  markGone(data, state);
  drawPassages(data, state);
  drawActions(data, state);
  drawJudging(data, state);
  markOpened(root, data.selected);
}
