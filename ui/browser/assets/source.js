// The cited place. Everything from outside enters the page as textContent or as the bytes of a PNG.

function link(label, className, act) {
  return makeButton(`link ${className}`, label, act);
}

// Portrait pages are some 600 points wide the world over (A4 595, Letter 612): near enough to scroll by. Wider ones, such
// as slides, are so low that they need no scrolling.
const PAGE_WIDTH = 603;

// Scrolls the highlighted place into the upper third of the panel, and of the enlarged page.
function reveal(page, picture, data) {
  const panel = document.querySelector(".st-key-source");
  if (!panel || picture.naturalHeight <= picture.naturalWidth) return;
  const scale = picture.clientWidth / PAGE_WIDTH;
  page.scrollLeft = data.left * scale - page.clientWidth / 8;
  const top = page.getBoundingClientRect().top - panel.getBoundingClientRect().top + panel.scrollTop;
  const place = top + data.top * scale;
  panel.scrollTop = place < panel.clientHeight * 0.8 ? 0 : place - panel.clientHeight / 3;
}

function drawPage(root, data) {
  const page = root.appendChild(make("figure", "page"));
  const picture = page.appendChild(document.createElement("img"));
  picture.alt = data.alt;
  picture.src = `data:image/png;base64,${data.picture}`;
  picture.onload = () => reveal(page, picture, data);
  const size = link(data.enlarge, "size", () => {
    size.textContent = page.classList.toggle("large") ? data.fit : data.enlarge;
    reveal(page, picture, data);
  });
  root.append(size);
}

function drawText(root, data) {
  const text = root.appendChild(make("p", "text"));
  text.tabIndex = 0;
  const quote = make("mark", "", data.quote);
  const pieces = (list) => list.map((piece) => (piece.heading ? make("strong", "", piece.text) : piece.text));
  text.append(...pieces(data.before), quote, ...pieces(data.after));
  // The box scrolls by itself, never the page.
  requestAnimationFrame(() => { text.scrollTop = quote.offsetTop - text.offsetTop - text.clientHeight / 3; });
}

function drawQuote(root, data) {
  const details = root.appendChild(make("details"));
  details.append(make("summary", "", data.quote_label), make("p", "quote", data.quote));
}

export default function ({ data, parentElement }) {
  let root = parentElement.querySelector(".ibid");
  const wanted = JSON.stringify(data);
  if (root && root.ibid === wanted) return;
  if (!root) root = parentElement.appendChild(make("section", "ibid"));
  root.ibid = wanted;
  root.lang = data.lang;
  const back = link(data.back, "back", () => document.body.classList.remove("ibid-source-open"));
  root.replaceChildren(back, make("h3", "title", data.title), make("p", "where", data.where));
  if (data.path) root.append(make("p", "path", data.path));
  if (data.picture) {
    drawPage(root, data);
    drawQuote(root, data);
  } else {
    drawText(root, data);
  }
}
