// Thumbs under a finished answer: one click up; down asks why, and takes no reason for an answer, too. An answer that is
// not kept is kept with the word on it, which is said first.

function askFirst(data, state, button, verdict) {
  if (state.judging) return;
  const form = make("div", "editing");
  if (!data.link) form.append(make("p", "", data.words.keeps)); // nothing is kept without a word before
  const field = make("textarea", "edited");
  field.setAttribute("aria-label", data.words.why);
  field.placeholder = data.words.why;
  field.maxLength = 2000; // as the server has it
  field.rows = 2;
  const asksWhy = verdict === "down";
  const close = () => {
    form.remove();
    state.judging = undefined;
    button.focus();
  };
  const send = () => {
    close();
    state.judge(`${verdict}\n${field.value.trim()}`);
  };
  field.onkeydown = (event) => {
    if (event.key === "Escape" || event.key === "Enter") event.stopPropagation();
    const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (sends || event.key === "Escape") event.preventDefault(); // or the thumb, focused next, would take the key for a click
    if (event.key === "Escape") close();
    if (sends) send();
  };
  const sendButton = makeButton("act", data.words.send, send);
  form.append(...(asksWhy ? [field] : []), sendButton, makeButton("act", data.words.cancel, close));
  state.judging = form;
  state.parts.thumbs.after(form);
  (asksWhy ? field : sendButton).focus();
}

function drawJudging(data, state) {
  const wanted = JSON.stringify([data.judged, data.may_judge, data.may_keep, Boolean(data.link), data.words]);
  const { thumbs } = state.parts;
  if (wanted === state.thumbs) return;
  state.thumbs = wanted;
  thumbs.replaceChildren();
  thumbs.hidden = !data.may_judge;
  if (!data.may_judge) return;
  for (const verdict of ["up", "down"]) {
    const button = thumbs.appendChild(
      makeButton("act thumb", data.words[verdict], () => {
        if (!data.link && !data.may_keep) show(state.parts.told, data.words.not_judged);
        else if (data.judged === verdict) state.judge("back");
        else if (verdict === "up" && data.link) state.judge("up");
        else askFirst(data, state, button, verdict);
      }),
    );
    button.setAttribute("aria-pressed", String(data.judged === verdict));
  }
}
