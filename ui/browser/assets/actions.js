// What can be done with a finished answer: take it along, share it, ask again, ask otherwise.

const TOLD_MILLISECONDS = 2500; // long enough to read two words

async function copy(text, data, state) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    done = copyTheOldWay(text); // the clipboard is there on loopback and over HTTPS only
  }
  show(state.parts.told, done ? data.words.copied : data.words.not_copied);
  if (!done) showToCopy(text, state);
  clearTimeout(state.telling);
  if (done) state.telling = setTimeout(() => show(state.parts.told, ""), TOLD_MILLISECONDS);
}

function copyTheOldWay(text) {
  const field = document.body.appendChild(make("textarea", ""));
  field.value = text;
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

// Where a browser lets nothing be copied, the text stands there to be selected.
function showToCopy(text, state) {
  const field = make("textarea", "taken");
  field.value = text;
  field.readOnly = true;
  state.parts.told.append(field);
  field.select();
}

function linkTo(query) {
  return `${location.origin}/?${query}`;
}

// The question becomes a field in its own place.
function edit(data, state) {
  const { question } = state.parts;
  const field = make("textarea", "edited");
  field.value = data.question;
  field.setAttribute("aria-label", data.words.edit);
  field.rows = Math.min(8, data.question.split("\n").length + 1);
  const form = make("div", "editing");
  const close = () => {
    form.remove();
    question.hidden = false;
  };
  const send = () => {
    if (!field.value.trim()) return;
    close();
    state.ask(field.value);
  };
  field.onkeydown = (event) => {
    if (event.key === "Escape") close();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send();
    if (event.key === "Escape" || event.key === "Enter") event.stopPropagation();
  };
  form.append(field, makeButton("act", data.words.ask, send), makeButton("act", data.words.cancel, close));
  question.hidden = true;
  question.after(form);
  field.focus();
}

function drawActions(data, state) {
  const wanted = JSON.stringify([data.copies, data.words, data.link, data.may_ask]);
  if (wanted === state.actions) return;
  state.actions = wanted;
  const { actions } = state.parts;
  actions.replaceChildren();
  for (const { label, text } of data.copies) actions.append(makeButton("act", label, () => copy(text, data, state)));
  if (data.copies.length) {
    const share = makeButton("act", data.words.share, () => {
      if (data.link) copy(linkTo(data.link), data, state);
      else show(state.parts.told, data.words.not_kept);
    });
    actions.append(share);
  }
  if (data.may_ask && data.copies.length) {
    actions.append(makeButton("act", data.words.again, () => state.ask(data.question)));
    actions.append(makeButton("act", data.words.edit, () => edit(data, state)));
  }
  actions.hidden = !actions.children.length;
}
