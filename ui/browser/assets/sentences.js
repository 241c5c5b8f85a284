// The sentences of an answer, each with the chips of its citations and a quiet mark for its verdict.

// Which sign stands behind a sentence, by verdict. Colour is never the only difference.
const SIGNS = { supported: "✓", partly: "◐", contradicted: "≠", unsupported: "✕", uncited: "○" };

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
  const chip = opener("chip", piece.place, state);
  chip.textContent = piece.text;
  chip.title = piece.title;
  chip.setAttribute("aria-label", piece.label);
  return chip;
}

function makeMark(sentence, state) {
  const mark = makeButton("mark", SIGNS[sentence.verdict] || "·", () => toggleWhy(mark, sentence, state));
  mark.dataset.verdict = sentence.verdict;
  mark.title = sentence.reason;
  mark.setAttribute("aria-label", sentence.reason);
  mark.setAttribute("aria-expanded", "false");
  return mark;
}

// Sentences that already stand stay as they are: no flicker while more come in, and the keyboard's place is kept.
function drawSentences(data, state) {
  const known = state.drawn;
  const { sentences } = data;
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
  state.parts.answer.hidden = !sentences.length && !data.progress;
}
