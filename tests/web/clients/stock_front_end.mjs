// Opens ComfyUI's own front end in Chromium as a person would: opens a workflow, runs it, opens the picture that came.

import { chromium } from "playwright-core";

const [url, ...given] = process.argv.slice(2);
const [executable, workflow] = given.map((each) => JSON.parse(each));
const found = { troubles: [], loaded: [], missing: [] };
const patience = { timeout: 100000 };

const browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, acceptDownloads: true });
  page.setDefaultTimeout(100000);
  page.on("pageerror", (error) => found.troubles.push(String(error)));
  page.on("response", (answer) => {
    const path = new URL(answer.url()).pathname;
    if (path === "/api/view" && !answer.url().includes("by=test")) found.shown = [answer.status(), answer.headers()["content-type"]];
    if (path.startsWith("/extensions/")) found.loaded.push(path);
    if (answer.status() === 404) found.missing.push(path);
    else if (answer.status() >= 400) found.troubles.push(`${answer.status()} ${path}`);
  });
  await page.goto(url, { waitUntil: "domcontentloaded" });
  await page.waitForFunction(() => Object.keys(window.LiteGraph?.registered_node_types ?? {}).length > 50, null, patience);
  await page.waitForFunction(() => window.app?.graph?._nodes?.length > 0, null, patience); // the workflow it begins with
  found.types = await page.evaluate(() => Object.keys(window.LiteGraph.registered_node_types));

  const types = () => window.app.graph._nodes.map((node) => node.type).sort();
  const opened = (count) =>
    page.waitForFunction((wanted) => window.app?.graph?._nodes?.length === wanted, count, patience);
  await page.setInputFiles("#comfy-file-input", workflow);
  await opened(7);
  found.opened = await page.evaluate(types);
  const queued = page.waitForResponse((answer) => answer.url().endsWith("/api/prompt") && answer.request().method() === "POST", patience);
  await page.getByTestId("queue-button").or(page.getByRole("button", { name: "Run", exact: true })).first().click();
  const answer = await queued;
  found.queued = answer.status();
  found.job = (await answer.json()).prompt_id;
  const history = (id) => fetch(`/api/history/${id}`).then((each) => each.json()).then((each) => each[id] ?? null);
  for (let tries = 0; tries < 200 && !found.job_over; tries += 1) {
    await page.waitForTimeout(300);
    found.job_over = await page.evaluate(history, found.job);
  }
  await page.keyboard.press("Escape");
  for (let tries = 0; tries < 30 && !found.shown; tries += 1) {
    await page.keyboard.press("."); // all of it into view: what is out of sight loads no picture
    await page.waitForTimeout(1000);
  }

  const image = Object.values(found.job_over.outputs)[0].images[0];
  const bytes = await page.evaluate(
    (name) => fetch(`/api/view?by=test&type=output&filename=${name}`).then((each) => each.arrayBuffer()).then((each) => Array.from(new Uint8Array(each))),
    image.filename,
  );
  // What its queue panel and its library of models ask.
  found.asked = await page.evaluate(async (job) => {
    const api = window.comfyAPI.api.api;
    await api.cancelJob(job);
    await api.cancelJobs([job]);
    const models = await api.getModels("checkpoints");
    return { folders: (await api.getModelFolders()).map((each) => each.name), models: models.map((each) => each.name) };
  }, found.job);
  await page.evaluate(() => window.app.graph.clear());
  await opened(0);
  await page.setInputFiles("#comfy-file-input", { name: "again.png", mimeType: "image/png", buffer: Buffer.from(bytes) });
  await opened(7);
  found.opened_again = await page.evaluate(types);
  found.editor = await page.evaluate(() => window.app.graph.serialize());
} catch (error) {
  found.failed = String(error.stack);
} finally {
  await browser.close();
}
console.log(JSON.stringify(found));
