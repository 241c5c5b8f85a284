// Past conversations that this browser knows: their names and first questions stay in it; the answers, on the server.

const STORED = "ibid.conversations";
const MOST = 30; // more than anyone looks through; what falls out can still be found with `ibid history`
const YEAR_SECONDS = 365 * 24 * 3600;

function readStored() {
  try {
    const found = JSON.parse(localStorage.getItem(STORED) || "[]");
    return Array.isArray(found) ? found.filter((one) => one && typeof one.name === "string") : [];
  } catch {
    return undefined; // this browser stores nothing
  }
}

function store(conversations) {
  try {
    localStorage.setItem(STORED, JSON.stringify(conversations.slice(0, MOST)));
  } catch {
    // then the list lasts as long as the page
  }
}

function remember(current, conversations) {
  const before = conversations.find((one) => one.name === current.name);
  const at = before ? before.at : Date.now();
  return [{ name: current.name, question: current.question, at }, ...conversations.filter((one) => one !== before)];
}

function drawEntry(entry, data, setTriggerValue) {
  const row = make("li", "entry");
  const when = new Date(entry.at).toLocaleDateString(data.lang);
  const open = makeButton("open", String(entry.question), () => setTriggerValue("open", entry.name));
  open.title = `${entry.question}\n${when}`;
  if (entry.current) open.setAttribute("aria-current", "true");
  const forget = makeButton("forget", "✕", () => setTriggerValue("forget", entry.name));
  forget.title = data.forget;
  forget.setAttribute("aria-label", `${data.forget}: ${entry.question}`);
  row.append(open, forget);
  return row;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".ibid");
  if (!root) root = parentElement.appendChild(make("section", "ibid"));
  root.lang = data.lang;
  document.cookie = `ibid_keep=${data.keep ? 1 : 0}; path=/; max-age=${YEAR_SECONDS}; samesite=strict`;
  // Read anew each time: another window may have added some.
  let conversations = (readStored() ?? root.ibid ?? []).filter((one) => !data.forgotten.includes(one.name));
  if (data.question) conversations = remember({ name: data.current, question: data.question }, conversations);
  root.ibid = conversations;
  store(conversations);
  if (root.lang !== root.ibidDrawnIn) root.replaceChildren(); // every word is another
  root.ibidDrawnIn = root.lang;
  if (!root.firstChild) root.append(make("h3", "", data.heading), make("ul", "list"));
  root.hidden = !conversations.length;
  const entries = conversations.map((entry) => ({ ...entry, current: entry.name === data.current }));
  redraw(root.lastChild, entries, (entry) => entry.name, (entry) => drawEntry(entry, data, setTriggerValue));
}
