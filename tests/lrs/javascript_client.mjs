// What a JavaScript client that others wrote (@xapi/xapi) gets done against a store. Prints "ok <step>" per step; any failure ends it.
// node javascript_client.mjs <endpoint> <authorization> <version> <adapter>
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { createRequire } from "node:module";

const XAPI = createRequire(new URL("../../frontend/package.json", import.meta.url))("@xapi/xapi");
const [endpoint, auth, version, adapter] = process.argv.slice(2);
const client = new XAPI({ endpoint, auth, version, adapter });

const agent = { objectType: "Agent", name: "Ann", mbox: `mailto:${randomUUID()}@voorbeeld.example` };
const activityId = `https://voorbeeld.example/les/${randomUUID()}`;
const object = { objectType: "Activity", id: activityId, definition: { name: { nl: "Les" } } };
const statement = (more = {}) => ({ actor: agent, verb: XAPI.Verbs.PASSED, object, ...more });

async function step(name, work) {
  try {
    await work();
  } catch (error) {
    console.error(`${name}: ${error.message}`, error.response?.status ?? "", error.response?.data ?? "");
    process.exit(1);
  }
  console.log(`ok ${name}`);
}

// Its fetch adapter tells why it was refused, and not with which status.
let lastStatus;
const fetchItself = globalThis.fetch;
globalThis.fetch = async (...request) => {
  const response = await fetchItself(...request);
  lastStatus = response.status;
  return response;
};

/** The status with which the store refuses. */
async function refused(request) {
  return request.then(
    () => assert.fail("it was not refused"),
    (error) => error.response?.status ?? lastStatus,
  );
}

await step("about", async () => {
  const { data } = await client.getAbout();
  assert.ok(data.version.includes(version));
});

await step("one statement there and back", async () => {
  const sent = statement({ result: { score: { scaled: 0.8 }, duration: XAPI.calculateISO8601Duration(new Date(0), new Date(90_500)) } });
  const { data } = await client.sendStatement({ statement: sent });
  const { data: back } = await client.getStatement({ statementId: data[0] });
  assert.deepEqual([back.actor, back.verb, back.object, back.result], [sent.actor, sent.verb, sent.object, sent.result]);
  assert.ok(back.stored && back.authority);
});

await step("a batch, a query and more", async () => {
  const { data: ids } = await client.sendStatements({ statements: [statement(), statement(), statement()] });
  const first = (await client.getStatements({ agent, activity: activityId, verb: XAPI.Verbs.PASSED.id, limit: 3 })).data;
  assert.deepEqual(first.statements.map((one) => one.id), [...ids].reverse());
  const rest = (await client.getMoreStatements({ more: first.more })).data;
  assert.deepEqual([rest.statements.length, rest.more], [1, ""]);
  const canonical = (await client.getStatements({ agent, format: "canonical", ascending: true, related_agents: true })).data;
  assert.equal(canonical.statements.length, 4);
});

await step("an attachment there and back", async () => {
  // In node its axios adapter sends a message as application/octet-stream; in a browser it would not.
  const content = new TextEncoder().encode("een bijlage met é").buffer;
  const attachment = {
    usageType: XAPI.AttachmentUsages.SUPPORTING_MEDIA,
    display: { nl: "Bijlage" },
    contentType: "text/plain",
    length: content.byteLength,
    sha2: createHash("sha256").update(Buffer.from(content)).digest("hex"),
  };
  const fetching = new XAPI({ endpoint, auth, version, adapter: "fetch" });
  const { data } = await fetching.sendStatement({ statement: statement({ attachments: [attachment] }), attachments: [content] });
  const { data: parts } = await client.getStatement({ statementId: data[0], attachments: true });
  assert.equal(parts[0].attachments[0].sha2, attachment.sha2);
  assert.match(String(parts[1]), /een bijlage/);
});

await step("voiding", async () => {
  const { data } = await client.sendStatement({ statement: statement() });
  const { data: voiding } = await client.voidStatement({ actor: agent, statementId: data[0] });
  assert.equal(await refused(client.getStatement({ statementId: data[0] })), 404);
  assert.equal((await client.getVoidedStatement({ voidedStatementId: data[0] })).data.id, data[0]);
  assert.equal((await client.getStatement({ statementId: voiding[0] })).data.object.id, data[0]);
});

await step("state with etags", async () => {
  const place = { agent, activityId, stateId: "plek" };
  await client.createState({ ...place, state: { bladzij: 3 } });
  await client.createState({ ...place, state: { paragraaf: 2 } });
  const read = await client.getState(place);
  assert.deepEqual(read.data, { bladzij: 3, paragraaf: 2 });
  const etag = read.headers.etag ?? read.headers.get("etag");
  assert.equal(await refused(client.setState({ ...place, state: {}, etag: '"anders"', matchHeader: "If-Match" })), 412);
  await client.setState({ ...place, state: { bladzij: 4 }, etag, matchHeader: "If-Match" });
  assert.deepEqual((await client.getState(place)).data, { bladzij: 4 });
  assert.deepEqual((await client.getStates({ agent, activityId })).data, ["plek"]);
  await client.deleteState(place);
  assert.deepEqual((await client.getStates({ agent, activityId })).data, []);
  await client.createState({ ...place, registration: randomUUID(), state: { x: 1 } });
  await client.deleteStates({ agent, activityId });
  assert.deepEqual((await client.getStates({ agent, activityId })).data, []);
});

const profiles = {
  "agent profile": [{ agent }, "AgentProfile"],
  "activity profile": [{ activityId }, "ActivityProfile"],
};
for (const [name, [whose, kind]] of Object.entries(profiles)) {
  await step(name, async () => {
    const one = { ...whose, profileId: "voorkeur" };
    await client[`set${kind}`]({ ...one, profile: { taal: "nl" }, etag: "*", matchHeader: "If-None-Match" });
    assert.equal(await refused(client[`set${kind}`]({ ...one, profile: {}, etag: "*", matchHeader: "If-None-Match" })), 412);
    await client[`create${kind}`]({ ...one, profile: { thema: "donker" } });
    const read = await client[`get${kind}`](one);
    assert.deepEqual(read.data, { taal: "nl", thema: "donker" });
    const etag = read.headers.etag ?? read.headers.get("etag");
    await client[`set${kind}`]({ ...one, profile: { taal: "en" }, etag, matchHeader: "If-Match" });
    assert.deepEqual((await client[`get${kind}s`](whose)).data, ["voorkeur"]);
    const now = await client[`get${kind}`](one);
    await client[`delete${kind}`]({ ...one, etag: now.headers.etag ?? now.headers.get("etag") });
    assert.deepEqual((await client[`get${kind}s`](whose)).data, []);
  });
}

await step("agents and activities", async () => {
  const person = (await client.getAgent({ agent })).data;
  assert.deepEqual([person.objectType, person.name, person.mbox], ["Person", ["Ann"], [agent.mbox]]);
  assert.deepEqual((await client.getActivity({ activityId })).data, object);
});

await step("a wrong key", async () => {
  const stranger = new XAPI({ endpoint, auth: XAPI.toBasicAuth("niemand", "fout"), version, adapter });
  assert.equal(await refused(stranger.getStatements()), 401);
});
