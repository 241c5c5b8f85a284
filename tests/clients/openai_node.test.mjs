// OpenAI's own client for Node, as it is, against a running server: BASE_URL says where.
import assert from "node:assert/strict";
import { test } from "node:test";

import OpenAI, { toFile } from "openai";

const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: "any", maxRetries: 0 });
const question = { role: "user", content: "How much does a late report lose?" };
const settled = { pollIntervalMs: 200 };

test("models are listed and retrieved", async () => {
  const ids = [];
  for await (const model of client.models.list()) ids.push(model.id);
  assert.ok(ids.includes("ibid"));
  assert.equal((await client.models.retrieve("ibid")).object, "model");
});

test("a chat answer cites, and its annotations stand where they say", async () => {
  const { choices, usage } = await client.chat.completions.create({ model: "ibid", messages: [question] });
  const { content, annotations } = choices[0].message;
  assert.match(content, /5% a day/);
  assert.ok(annotations.length > 0);
  for (const { start_index, end_index } of annotations) assert.match(content.slice(start_index, end_index), /^\[\d+\]$/);
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
});

test("a streamed chat answer is the same, and ends with its usage", async () => {
  const options = { model: "ibid", messages: [question], stream_options: { include_usage: true } };
  const stream = client.chat.completions.stream(options);
  const streamed = await stream.finalContent();
  const whole = await client.chat.completions.create({ model: "ibid", messages: [question] });
  assert.equal(streamed, whole.choices[0].message.content);
  assert.ok((await stream.totalUsage()).total_tokens > 0);
});

test("a response is streamed event by event and accumulated", async () => {
  const stream = client.responses.stream({
    model: "ibid",
    input: question.content,
    tools: [{ type: "file_search", vector_store_ids: ["default"] }],
    include: ["file_search_call.results"],
  });
  const seen = [];
  for await (const event of stream) seen.push(event);
  const numbers = seen.map((event) => event.sequence_number);
  assert.deepEqual(numbers, numbers.map((_, index) => numbers[0] + index));
  assert.equal(seen[0].type, "response.created");
  assert.equal(seen.at(-1).type, "response.completed");
  const final = await stream.finalResponse();
  assert.match(final.output_text, /5% a day/);
  const [search, message] = final.output;
  assert.equal(search.type, "file_search_call");
  assert.ok(search.results.length > 0);
  assert.equal(message.content[0].annotations[0].type, "file_citation");
  const deltas = seen.filter((event) => event.type === "response.output_text.delta").map((event) => event.delta);
  assert.equal(deltas.join(""), final.output_text);
});

test("a response is kept, asked on from, and deleted", async () => {
  const first = await client.responses.create({ model: "ibid", input: question.content });
  assert.equal((await client.responses.retrieve(first.id)).output_text, first.output_text);
  const next = await client.responses.create({
    model: "ibid",
    input: "And when does the library open?",
    previous_response_id: first.id,
  });
  assert.match(next.output_text, /8:00/);
  const items = await client.responses.inputItems.list(first.id);
  assert.equal(items.data[0].role, "user");
  await client.responses.delete(first.id);
  await assert.rejects(client.responses.retrieve(first.id), OpenAI.NotFoundError);
});

test("an upload is polled until it can be searched, and gone when it is deleted", async () => {
  const store = await client.vectorStores.create({ name: "node office" });
  const note = await toFile(Buffer.from("Office hours\n\nThe porter's office is open on Tuesdays from 9:00 to 11:00."), "办公室.txt");
  const file = await client.vectorStores.files.uploadAndPoll(store.id, note, settled);
  assert.equal(file.status, "completed");
  assert.equal((await client.files.retrieve(file.id)).filename, "办公室.txt");
  assert.match(await (await client.files.content(file.id)).text(), /Tuesdays/);

  const query = "When is the porter's office open?";
  const found = [];
  for await (const result of client.vectorStores.search(store.id, { query })) found.push(result);
  assert.equal(found[0].file_id, file.id);
  assert.match(found[0].content[0].text, /Tuesdays/);

  assert.ok((await client.vectorStores.files.delete(file.id, { vector_store_id: store.id })).deleted);
  for await (const result of client.vectorStores.search(store.id, { query })) assert.fail(`still found: ${result.filename}`);
  await client.files.delete(file.id);
  await assert.rejects(client.files.retrieve(file.id), OpenAI.NotFoundError);
  assert.ok((await client.vectorStores.delete(store.id)).deleted);
});

test("a batch of uploads is polled to its counts", async () => {
  const store = await client.vectorStores.create({ name: "node batch" });
  const notes = ["one", "two", "three"].map((word) => toFile(Buffer.from(`Note ${word}\n\nThis note is number ${word}.`), `${word}.txt`));
  const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, { files: await Promise.all(notes) }, settled);
  assert.equal(batch.status, "completed");
  assert.equal(batch.file_counts.completed, 3);
  const ids = [];
  for await (const file of client.vectorStores.fileBatches.listFiles(batch.id, { vector_store_id: store.id, limit: 2 })) ids.push(file.id);
  assert.equal(new Set(ids).size, 3);
  await client.vectorStores.delete(store.id);
});

test("lists are walked page by page, each thing once", async () => {
  const made = new Set();
  for (const number of [1, 2, 3, 4, 5]) made.add((await client.vectorStores.create({ name: `node page ${number}` })).id);
  const seen = [];
  for await (const store of client.vectorStores.list({ limit: 2, order: "asc" })) seen.push(store.id);
  assert.equal(new Set(seen).size, seen.length);
  for (const id of made) {
    assert.ok(seen.includes(id));
    await client.vectorStores.delete(id);
  }
});

test("embeddings come as numbers, whatever they travel as", async () => {
  const { data } = await client.embeddings.create({ model: "ibid", input: ["a late report", "迟交的报告"] });
  const plain = await client.embeddings.create({ model: "ibid", input: "a late report", encoding_format: "float" });
  assert.equal(data.length, 2);
  assert.deepEqual(data[0].embedding.map(Math.fround), plain.data[0].embedding.map(Math.fround));
});

test("failures are the client's own classes, with a code and a sentence", async () => {
  const unknown = await client.chat.completions.create({ model: "gpt-9", messages: [question] }).catch((error) => error);
  assert.ok(unknown instanceof OpenAI.NotFoundError);
  assert.equal(unknown.code, "model_not_found");
  const wrong = await client.chat.completions.create({ model: "ibid", messages: [] }).catch((error) => error);
  assert.ok(wrong instanceof OpenAI.BadRequestError);
  assert.equal(wrong.param, "messages");
  assert.equal(wrong.type, "invalid_request_error");
  await assert.rejects(client.vectorStores.retrieve("nowhere"), OpenAI.NotFoundError);
});
