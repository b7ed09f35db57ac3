// The page at `/`: shows the queue, the history and the latest pictures, live. Everything it knows comes from the API.

const $ = (id) => document.getElementById(id);
const clientId = crypto.randomUUID ? crypto.randomUUID() : `page-${Date.now()}-${Math.random()}`;
const LISTED = 50, PICTURES = 24;
let progress = null; // of a job that this page submitted: { job, value, max }
let refreshing = false, again = false;

async function ask(path, options = {}) {
  const answer = await fetch(`/api${path}`, options);
  const body = await answer.text();
  const data = body && answer.headers.get("content-type").startsWith("application/json") ? JSON.parse(body) : null;
  if (!answer.ok) throw new Problem(answer.status, data);
  return data;
}

const send = (path, data, method = "POST") =>
  ask(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(data) });

class Problem extends Error {
  constructor(status, data) {
    const { message = `The server answered ${status}.`, details = "" } = data?.error ?? {};
    super(details ? `${message}\n${details}` : message);
    this.status = status;
  }
}

function element(name, facts = {}, ...children) {
  const made = Object.assign(document.createElement(name), facts);
  made.append(...children);
  return made;
}

// --- the token -----------------------------------------------------------------------------------------------------

async function enter() {
  const fragment = new URLSearchParams(location.hash.slice(1)).get("token");
  if (fragment) {
    history.replaceState(null, "", location.pathname);
    await send("/session", { token: fragment }).catch(() => {});
  }
  const session = await ask("/session");
  $("gate").hidden = session.open;
  $("board").hidden = !session.open;
  if (session.open) start();
  else say("lost", "The token is missing");
}

$("gate").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await send("/session", { token: $("token").value });
    $("token").value = "";
    await enter();
  } catch (problem) {
    $("gate-problem").textContent = problem.message;
  }
});

// --- what is going on ----------------------------------------------------------------------------------------------

function start() {
  $("curl").textContent =
    `curl ${location.origin}/prompt \\\n  -H 'Content-Type: application/json' \\\n  -d "{\\"prompt\\": $(cat workflow.json)}"`;
  refresh();
  listen();
  setInterval(refresh, 5000);
}

function listen() {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/ws?clientId=${clientId}`);
  socket.addEventListener("message", (event) => {
    if (typeof event.data !== "string") return;
    const { type, data } = JSON.parse(event.data);
    if (type === "progress") progress = { job: data.prompt_id, value: data.value, max: data.max };
    if (type === "progress") showProgress();
    if (["status", "executed", "execution_success", "execution_error"].includes(type)) refresh();
  });
  socket.addEventListener("close", () => {
    say("lost", "The server does not answer; trying again");
    setTimeout(listen, 3000);
  });
  socket.addEventListener("open", refresh);
}

async function refresh() {
  again = refreshing;
  if (refreshing) return;
  refreshing = true;
  try {
    const waiting = ask(`/jobs?status=in_progress,pending&sort_order=asc&limit=${LISTED}`);
    const over = ask(`/jobs?status=completed,failed,cancelled&limit=${LISTED}`);
    showQueue(await waiting);
    showHistory((await over).jobs);
    const ready = await fetch("/readyz");
    if (ready.ok) say("ready", "Ready");
    else say("waiting", (await ready.json()).error.message);
  } catch (problem) {
    say("lost", problem instanceof Problem ? problem.message : "The server does not answer");
  } finally {
    refreshing = false;
    if (again) setTimeout(refresh, 250);
  }
}

function say(kind, text) {
  $("dot").className = `dot ${kind}`;
  $("state").textContent = text;
}

function showQueue({ jobs, pagination }) {
  $("queue-count").textContent = pagination.total;
  $("queue-empty").hidden = jobs.length > 0;
  $("clear-queue").hidden = !jobs.some((job) => job.status === "pending");
  $("queue").replaceChildren(...jobs.map(queued));
  showProgress();
}

function queued(job) {
  const isRunning = job.status === "in_progress";
  const since = isRunning ? job.execution_start_time : job.create_time;
  const stop = element("button", { type: "button", className: "quiet", textContent: isRunning ? "Stop" : "Remove" });
  stop.addEventListener("click", async () => {
    await (isRunning ? send("/interrupt", { prompt_id: job.id }) : send("/queue", { delete: [job.id] })).catch(() => {});
    refresh();
  });
  const facts = element("span", { className: "facts" }, isRunning ? `running for ${span(Date.now() - since)} ` : `waiting for ${span(Date.now() - since)} `, stop);
  const row = element("li", {}, badge(job), name(job), facts);
  row.dataset.job = job.id;
  return row;
}

function showProgress() {
  for (const row of $("queue").children) {
    row.querySelector("progress")?.remove();
    if (progress && row.dataset.job === progress.job) {
      row.append(element("progress", { max: progress.max, value: progress.value, ariaLabel: "Steps of the running node" }));
    }
  }
}

function showHistory(jobs) {
  $("history-empty").hidden = jobs.length > 0;
  $("history").replaceChildren(...jobs.map(ended));
  const pictures = jobs.map((job) => job.preview_output).filter((each) => each?.mediaType === "images").slice(0, PICTURES);
  $("pictures-empty").hidden = pictures.length > 0;
  const known = new Map([...$("pictures").children].map((item) => [item.dataset.source, item]));
  $("pictures").replaceChildren(...pictures.map((each) => known.get(source(each)) ?? picture(each)));
}

function ended(job) {
  const began = job.execution_start_time, end = job.execution_end_time;
  const took = began && end ? ` in ${span(end - began)}` : "";
  const words = { completed: "done", failed: "failed", cancelled: "stopped" }[job.status];
  const results = job.outputs_count === 1 ? ", one result" : job.outputs_count ? `, ${job.outputs_count} results` : "";
  const facts = element("span", { className: "facts" }, `${words}${took}${results}, ${time(end ?? job.create_time)}`);
  const row = element("li", {}, badge(job), name(job), facts);
  const message = job.execution_error?.exception_message;
  if (message) row.append(element("span", { className: "detail", textContent: message }));
  return row;
}

function picture(output) {
  const image = element("img", { src: `${source(output)}&preview=webp;80`, alt: output.filename, loading: "lazy", decoding: "async" });
  const link = element("a", { href: source(output), title: output.filename }, image);
  const item = element("li", {}, link);
  item.dataset.source = source(output);
  return item;
}

const source = ({ filename, subfolder, type }) => `/api/view?${new URLSearchParams({ filename, subfolder, type })}`;
const badge = (job) => element("span", { className: `badge ${job.status}`, title: job.status });
const name = (job) => element("code", { className: "name", title: job.id, textContent: job.id });

function span(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s` : `${(seconds / 3600).toFixed(1)} h`;
}

function time(milliseconds) {
  const then = new Date(milliseconds), isToday = then.toDateString() === new Date().toDateString();
  return isToday ? then.toLocaleTimeString() : then.toLocaleString();
}

// --- submitting ----------------------------------------------------------------------------------------------------

async function submit(file) {
  $("submit-problem").textContent = "";
  try {
    const prompt = JSON.parse(await file.text());
    const told = await send("/prompt", { prompt: prompt.prompt ?? prompt, client_id: clientId });
    const wrong = Object.values(told.node_errors).flatMap(({ errors }) => errors.map((each) => each.details));
    $("submit-problem").textContent = wrong.join("\n");
  } catch (problem) {
    $("submit-problem").textContent = problem instanceof SyntaxError ? `${file.name} is not JSON: ${problem.message}` : problem.message;
  }
  refresh();
}

$("file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) submit(file);
  event.target.value = "";
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  $("drop").addEventListener(kind, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", kind === "dragover");
    const file = kind === "drop" && event.dataTransfer.files[0];
    if (file) submit(file);
  });
}
$("clear-queue").addEventListener("click", async () => {
  await send("/queue", { clear: true }).catch(() => {});
  refresh();
});

enter().catch((problem) => say("lost", problem.message));
