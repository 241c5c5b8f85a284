// The keys that work on every page: / goes to the question, Esc closes the source, arrows walk the citations. And a word
// before what is not saved is left with the app.

// What a key is pressed in may need it itself.
const TYPED_IN = "input, textarea, select, [contenteditable=true]";
const WALKED_IN = "[role=listbox], [role=option], [role=slider], [role=tab], [role=radio], [role=menuitem], [role=gridcell]";

function press(key) {
  const button = document.querySelector(`.st-key-${key} button:not(:disabled)`);
  if (button) button.click();
  return Boolean(button);
}

function goToQuestion() {
  const field = document.querySelector("[data-testid=stChatInputTextArea], .st-key-wanted input");
  if (field) field.focus();
  return Boolean(field);
}

function closeSource() {
  const covering = document.body.classList.contains("ibid-source-open");
  document.body.classList.remove("ibid-source-open");
  return press("close") || covering;
}

function act(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("[role=dialog]")) return; // it has keys of its own
  const within = event.composedPath()[0];
  const typing = within instanceof Element && within.matches(TYPED_IN);
  if (event.key === "Escape" && typing) {
    within.blur();
    return;
  }
  if (typing || (within instanceof Element && within.closest(WALKED_IN))) return;
  const acts = {
    "/": goToQuestion, Escape: closeSource, ArrowLeft: () => press("previous"), ArrowRight: () => press("next"),
  };
  if (acts[event.key] && acts[event.key]()) event.preventDefault();
}

// The browser asks in its own words whether to leave all the same.
function holdBack(event) {
  event.preventDefault();
}

export default function ({ data }) {
  document.addEventListener("keydown", act);
  translateStreamlit(data.words);
  if (data.unsaved) window.addEventListener("beforeunload", holdBack);
  else window.removeEventListener("beforeunload", holdBack);
  return () => {
    document.removeEventListener("keydown", act);
    window.removeEventListener("beforeunload", holdBack);
  };
}
