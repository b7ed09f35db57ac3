// Drives a running server with the public @stable-canvas/comfyui-client; prints what it found as one line of JSON.

import { Client, Workflow } from "@stable-canvas/comfyui-client";
import WebSocket from "ws";

const [url, ...given] = process.argv.slice(2);
const [graph, wrong] = given.map((each) => JSON.parse(each));
const found = { progress: 0 };
const log = console.log;
console.log = console.error;

const client = new Client({ api_host: new URL(url).host, WebSocket, fetch });
await client.connect();
found.version = (await client.getSystemStats()).system.comfyui_version;
found.models = await client.getSDModels();
found.samplers = await client.getSamplers();

const kind = (out) => out.images.map((each) => (each.type === "buff" ? "buffer" : typeof each.data));
const heard = await client.enqueue(graph, { progress: () => (found.progress += 1) });
found.heard = kind(heard);
const response = await fetch(heard.images[0].data);
found.picture = Buffer.from(await response.arrayBuffer()).subarray(1, 4).toString();
found.polled = kind(await client.enqueue_polling(graph));

const workflow = new Workflow();
const { EmptyImage, ImageInvert, SaveImage } = workflow.classes;
const [empty] = EmptyImage({ width: 16, height: 16, batch_size: 1, color: 0 });
const [inverted] = ImageInvert({ image: empty });
SaveImage({ images: inverted, filename_prefix: "canvas" });
found.built = kind(await workflow.invoke(client));

try {
  await client.enqueue(wrong);
} catch (error) {
  found.refused = String(error.message ?? error);
}
const { prompt_id } = await client.queuePrompt(0, { prompt: graph, workflow: {} });
await client.interrupt();
await client.waitForPrompt(prompt_id, 100, 60000).catch(() => undefined);
found.histories = Object.keys((await client.getHistory(5)).History ?? {}).length;
client.close();
log(JSON.stringify(found));
process.exit(0);
