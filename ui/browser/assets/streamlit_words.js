// Streamlit's own parts speak English only: puts our words in their place, in tooltips, lists and labels for screen
// readers. Only whole texts of Streamlit's are looked for, and only where it writes them: nothing of a document changes.

const SAID_IN = [
  "stTooltipContent", "stTooltipErrorContent", "stMultiSelectDropdown", "stSelectboxVirtualDropdown",
  "stDataFrameColumnMenu",
].map((name) => `[data-testid=${name}]`).concat("[data-testid=stFileChip] [role=alert]").join(", ");
const NAMED = "[data-testid=stElementToolbar] button, .stMultiSelect *, .stSelectbox *, .stDateInput *, [role=dialog] button, [data-testid=stDataFrameColumnMenu] *";

function translateWithin(node, words) {
  const outer = node.closest(SAID_IN);
  for (const box of outer ? [node] : node.querySelectorAll(SAID_IN)) {
    const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode;
      const [number = ""] = text.data.match(/\d[\d.]*/) ?? []; // a limit, say, which is in no list
      const said = number ? text.data.replace(number, "{number}") : text.data;
      if (Object.hasOwn(words, said)) text.data = words[said].replace("{number}", number);
    }
  }
  for (const named of [node, ...node.querySelectorAll("[aria-label]")]) {
    const label = named.getAttribute("aria-label");
    if (!label || !named.matches(NAMED)) continue;
    const [said, ...more] = label.split(": "); // buttons of a table name the table after what they do
    if (Object.hasOwn(words, said)) named.setAttribute("aria-label", [words[said], ...more].join("："));
  }
}

let translating; // one observer for the page, however often the app draws

function translateStreamlit(words) {
  translating?.disconnect();
  if (!Object.keys(words).length) return;
  translating = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node instanceof Element) translateWithin(node, words);
    }
  });
  translating.observe(document.body, { childList: true, subtree: true });
  translateWithin(document.body, words);
}
