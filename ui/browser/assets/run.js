// One run: its metrics, the risk at each coverage, what changed, its worst questions. Everything enters as textContent.

const SVG = "http://www.w3.org/2000/svg";

function drawMetrics(root, data) {
  root.append(make("h2", "", data.metrics_title));
  const list = root.appendChild(make("ul", "metrics"));
  for (const metric of data.metrics) {
    const row = list.appendChild(make("li", "metric"));
    row.append(make("span", "label", metric.label), make("span", "value", metric.value));
    row.append(make("span", "interval", [metric.interval, metric.count].filter(Boolean).join(" · ")));
    const track = row.appendChild(make("div", "track"));
    track.setAttribute("aria-hidden", "true"); // the numbers beside it say the same
    const bar = track.appendChild(make("span", "mean"));
    bar.style.width = `${metric.mean}%`;
    const whisker = track.appendChild(make("span", "whisker"));
    whisker.style.left = `${metric.low}%`;
    whisker.style.width = `${Math.max(0, metric.high - metric.low)}%`;
  }
}

function drawCurve(root, curve) {
  if (!curve) return;
  root.append(make("h2", "", curve.title), make("p", "why", curve.why));
  const figure = root.appendChild(make("figure", "curve"));
  const svg = figure.appendChild(document.createElementNS(SVG, "svg"));
  svg.setAttribute("viewBox", "0 0 100 100");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", curve.told);
  const line = svg.appendChild(document.createElementNS(SVG, "polyline"));
  line.setAttribute("points", curve.points.map(([x, y]) => `${Number(x)},${Number(y)}`).join(" "));
  figure.append(make("span", "up", curve.up), make("span", "across", curve.across));
  root.append(make("p", "told", curve.told));
}

function drawComparison(root, comparison) {
  if (!comparison) return;
  root.append(make("h2", "", comparison.title), make("p", "why", comparison.why));
  const list = root.appendChild(make("ul", "changes"));
  for (const change of comparison.changes) {
    const row = list.appendChild(make("li", "change"));
    row.dataset.verdict = change.verdict;
    row.append(make("span", "label", change.label), make("span", "value", change.values));
    row.append(make("span", "interval", change.interval), make("span", "verdict", change.verdict_label));
  }
  for (const { title, questions } of comparison.moved) {
    root.append(make("h3", "", title));
    const moved = root.appendChild(make("ul", "moved"));
    for (const question of questions) {
      const row = moved.appendChild(make("li", "", question.question));
      row.append(make("span", "value", question.values));
    }
  }
}

function drawWorst(root, data) {
  if (!data.worst.length) return;
  root.append(make("h2", "", data.worst_title));
  for (const question of data.worst) {
    const details = root.appendChild(make("details", "worst"));
    const summary = details.appendChild(make("summary", ""));
    summary.append(make("span", "question", question.question), make("span", "value", question.value));
    details.append(make("p", "expected", question.expected));
    details.append(make("h3", "", question.answer_label), make("p", "answer", question.answer));
    if (question.passages.length) details.append(make("h3", "", question.passages_title));
    for (const passage of question.passages) {
      const box = details.appendChild(make("div", "found"));
      box.append(make("p", "where", passage.where), make("p", "text", passage.text));
    }
  }
}

export default function ({ data, parentElement }) {
  let root = parentElement.querySelector(".ibid");
  if (!root) root = parentElement.appendChild(make("section", "ibid"));
  root.lang = data.lang;
  const wanted = JSON.stringify(data);
  if (root.ibid === wanted) return;
  root.ibid = wanted;
  root.replaceChildren();
  drawMetrics(root, data);
  drawComparison(root, data.comparison);
  drawCurve(root, data.curve);
  drawWorst(root, data);
}
