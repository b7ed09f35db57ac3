// Drives a running server with the public @comfyorg/sdk; prints what it found as one line of JSON.

import { Comfy } from "@comfyorg/sdk";

const [graphs] = process.argv.slice(2).map((each) => JSON.parse(each));
const client = new Comfy();
const found = {};

const job = await client.submit(client.workflows.fromJson(graphs.slow));
found.events = [];
for await (const event of job.events()) {
  found.events.push(event.kind);
  if (event.kind === "outputReady") found.output = Buffer.from(await event.output.toBytes()).toString();
  if (event.kind === "statusChange") found.status = event.status;
}

const ran = await client.run(client.workflows.fromJson(graphs.picture));
found.picture = [ran.outputs[0].type, Buffer.from(await ran.outputs[0].toBytes()).subarray(1, 4).toString()];

const asset = client.assets.fromBytes(Buffer.from(graphs.png, "base64"), { filename: "npm.png" });
const workflow = client.workflows.fromJson(graphs.load);
workflow.setInput("i", "image", asset);
const loaded = await client.run(workflow);
found.loaded = Buffer.from(await loaded.outputs[0].toBytes()).toString();

try {
  await client.submit(client.workflows.fromJson(graphs.wrong));
} catch (error) {
  found.error = [error.name, error.code, Object.keys(error.details?.node_errors ?? {})];
}

const stopped = await client.submit(client.workflows.fromJson(graphs.long));
await stopped.cancel();
found.stopped = (await stopped.wait(20000)).status;
console.log(JSON.stringify(found));
