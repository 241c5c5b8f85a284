// Light, dark or as the device: kept in this browser, where Streamlit itself looks for it when a page is loaded.

// Streamlit keeps the choice for every path apart, under this name (tests/ui/browser/test_journeys.py sees that it does).
const place = (path) => `stActiveTheme-${path}-v2`;

function pathsOf(names) {
  const base = location.pathname.replace(/\/[^/]*$/, ""); // whatever the app is served under
  return [base, ...names.map((name) => `${base}/${name}`)].filter(Boolean);
}

function readTheme() {
  try {
    return JSON.parse(localStorage.getItem(place(location.pathname)) || '"System"');
  } catch {
    return "System";
  }
}

function storeTheme(theme, names) {
  try {
    for (const path of pathsOf(names)) localStorage.setItem(place(path), JSON.stringify(theme));
    return true;
  } catch {
    return false; // this browser stores nothing
  }
}

function drawChoice(list, [theme, label], chosen, choose) {
  const row = list.appendChild(make("label", "choice"));
  const radio = row.appendChild(make("input"));
  radio.type = "radio";
  radio.name = "ibid-theme";
  radio.value = theme;
  radio.checked = theme === chosen;
  radio.onchange = () => choose(theme);
  row.append(make("span", "", label));
}

export default function ({ data, parentElement }) {
  let root = parentElement.querySelector(".ibid");
  if (!root) root = parentElement.appendChild(make("section", "ibid"));
  root.lang = data.lang;
  const chosen = readTheme();
  document.body.dataset.ibidTheme ??= chosen; // with which this page was loaded
  const list = make("fieldset", "choices");
  list.append(make("legend", "", data.legend));
  const after = make("div", "after");
  after.setAttribute("role", "status");
  const say = (theme, stored) => {
    after.replaceChildren();
    if (!stored) after.append(make("p", "", data.not_stored));
    else if (theme !== document.body.dataset.ibidTheme) {
      after.append(make("p", "", data.when), makeButton("load", data.load, () => location.reload()));
    }
  };
  const choose = (theme) => say(theme, storeTheme(theme, data.paths));
  for (const choice of data.choices) drawChoice(list, choice, chosen, choose);
  root.replaceChildren(list, after);
  say(chosen, true);
}
