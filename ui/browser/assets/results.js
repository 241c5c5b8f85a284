// Passages that were found, the words that were looked for marked.

function drawResult(result, place, state) {
  const button = opener("result", place, state);
  const excerpt = make("span", "excerpt");
  excerpt.append(...result.pieces.map((piece) => (piece.match ? make("mark", "", piece.text) : piece.text)));
  button.append(make("span", "label", result.label));
  if (result.path) button.append(make("span", "path", result.path));
  button.append(excerpt);
  if (result.dates) button.append(make("span", "path", result.dates));
  return button;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".ibid");
  if (!root) {
    root = parentElement.appendChild(make("section", "ibid"));
    root.ibid = { drawn: "" };
  }
  const state = root.ibid;
  state.pick = (place) => setTriggerValue("select", place);
  sharePaper();
  root.lang = data.lang;
  const wanted = JSON.stringify(data.results);
  if (wanted !== state.drawn) {
    state.drawn = wanted;
    root.replaceChildren(...data.results.map((result, place) => drawResult(result, place, state)));
  }
  markOpened(root, data.selected);
}
