// One judged answer: what was asked, what was answered, what somebody thought of it.

export default function ({ data, parentElement, setTriggerValue }) {
  let root = parentElement.querySelector(".ibid");
  if (!root) root = parentElement.appendChild(make("section", "ibid"));
  root.lang = data.lang;
  const wanted = JSON.stringify(data);
  if (root.ibid === wanted) return;
  root.ibid = wanted;
  const head = make("p", "head");
  head.append(make("strong", "thumb", data.verdict_label), make("span", "at", data.at));
  const details = make("details", "whole");
  details.append(make("summary", "question", data.question), make("p", "answer", data.answer));
  for (const source of data.sources) details.append(make("p", "cited", source));
  const card = make("div", "judged");
  card.dataset.verdict = data.verdict;
  card.append(head, details);
  if (data.reason) card.append(make("p", "reason", data.reason));
  const button = card.appendChild(makeButton("act", data.adopt, () => setTriggerValue("adopt", true)));
  button.setAttribute("aria-label", `${data.adopt}: ${data.question}`);
  root.replaceChildren(card);
}
