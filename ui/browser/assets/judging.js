// Thumbs under a finished answer: one click up; down asks why, and takes no reason for an answer, too.

function askWhy(data, state, button) {
  if (state.judging) return;
  const field = make("textarea", "edited");
  field.setAttribute("aria-label", data.words.why);
  field.placeholder = data.words.why;
  field.maxLength = 2000; // as the server has it
  field.rows = 2;
  const form = make("div", "editing");
  const close = () => {
    form.remove();
    state.judging = undefined;
    button.focus();
  };
  const send = () => {
    close();
    state.judge(`down\n${field.value.trim()}`);
  };
  field.onkeydown = (event) => {
    if (event.key === "Escape" || event.key === "Enter") event.stopPropagation();
    const sends = event.key === "Enter" && !event.shiftKey && !event.isComposing;
    if (sends || event.key === "Escape") event.preventDefault(); // or the thumb, focused next, would take the key for a click
    if (event.key === "Escape") close();
    if (sends) send();
  };
  form.append(field, makeButton("act", data.words.send, send), makeButton("act", data.words.cancel, close));
  state.judging = form;
  state.parts.thumbs.after(form);
  field.focus();
}

function drawJudging(data, state) {
  const wanted = JSON.stringify([data.judged, data.may_judge, Boolean(data.link), data.words]);
  const { thumbs } = state.parts;
  if (wanted === state.thumbs) return;
  state.thumbs = wanted;
  thumbs.replaceChildren();
  thumbs.hidden = !data.may_judge;
  if (!data.may_judge) return;
  for (const verdict of ["up", "down"]) {
    const button = thumbs.appendChild(
      makeButton("act thumb", data.words[verdict], () => {
        if (!data.link) show(state.parts.told, data.words.not_judged);
        else if (data.judged === verdict) state.judge("back");
        else if (verdict === "up") state.judge("up");
        else askWhy(data, state, button);
      }),
    );
    button.setAttribute("aria-pressed", String(data.judged === verdict));
  }
}
