// Drives a running server with the public @saintno/comfyui-sdk; prints what it found as one line of JSON.

import { CallWrapper, ComfyApi, PromptBuilder } from "@saintno/comfyui-sdk";

const [url, ...given] = process.argv.slice(2);
const [graph, wrong, png] = given.map((each) => JSON.parse(each));
const found = { progress: 0, outputs: [] };
const log = console.log;
console.log = console.error; // the SDK talks

const api = new ComfyApi(url, undefined, { wsTimeout: 60000 }).init(10, 3000);
await api.waitForReady();
found.checkpoints = await api.getCheckpoints();
found.samplers = (await api.getSamplerInfo()).sampler[0];
found.extensions = await api.getExtensions();
found.logs = (await api.getTerminalLogs()).entries.length;
found.queue = Object.keys(await api.getQueue());
const uploaded = await api.uploadImage(Buffer.from(png, "base64"), "saintno.png", { override: true });
found.uploaded = uploaded.info;

const builder = () =>
  new PromptBuilder(structuredClone(graph), ["seed", "positive"], ["images"])
    .setInputNode("seed", "5.inputs.seed")
    .setInputNode("positive", "2.inputs.text")
    .setOutputNode("images", "7");
const running = builder().input("seed", 11).input("positive", "a red circle");
found.finished = await new Promise((resolve, reject) => {
  new CallWrapper(api, running)
    .onPending((id) => (found.pending = id))
    .onStart((id) => (found.started = id))
    .onProgress(() => (found.progress += 1))
    .onOutput((key) => found.outputs.push(key))
    .onFinished(resolve)
    .onFailed(reject)
    .run();
});
const blob = await api.getImage(found.finished.images.images[0]);
found.picture = Buffer.from(await blob.arrayBuffer()).subarray(1, 4).toString();
for (let tries = 0; tries < 100 && !found.history; tries += 1) {
  // The SDK is done when the last output is there, a moment before the job is over.
  await new Promise((resolve) => setTimeout(resolve, 100));
  found.history = (await api.getHistory(found.pending))?.status?.status_str;
}

const failing = new PromptBuilder(wrong, [], ["text"]).setOutputNode("text", "7");
found.refused = await new Promise((resolve) => {
  new CallWrapper(api, failing)
    .onFinished(() => resolve(null))
    .onFailed((error) => resolve([error.name, String(error.message), String(error.cause?.message ?? error.cause)]))
    .run();
});
log(JSON.stringify(found));
process.exit(0);
