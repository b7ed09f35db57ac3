import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createStore } from "zustand/vanilla";
import type { SocketListener } from "@/api/socket";
import type { Connection } from "@/app";
import { createCatalogue } from "@/catalogue/store";
import { translator } from "@/i18n/translate";
import { Toasts } from "@/shell/toasts";
import { createUi } from "@/ui/store";
import { createWorkspace, openTab, type Tab } from "@/workspace/tabs";
import { createRunner, type RunnerHost } from "./live";

const DOCUMENT = {
  latentloom: 1,
  graph: { 5: { class_type: "KSampler", inputs: { seed: 1 } } },
  layout: { nodes: { 5: { after_run: { seed: "increment" as const } } } },
};

let sent: { path: string; body: Record<string, unknown> }[];
let answer: (path: string) => Response | Promise<Response>;
let host: RunnerHost & { toasts: Toasts };
let tab: Tab;

beforeEach(() => {
  sent = [];
  answer = () => Response.json({ prompt_id: "x", number: 0, node_errors: {} });
  vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => {
    sent.push({ path, body: typeof init?.body === "string" ? JSON.parse(init.body) : {} });
    return answer(path);
  });
  const workspace = createWorkspace();
  tab = openTab(workspace, { title: "Castle", document: structuredClone(DOCUMENT) });
  host = {
    workspace,
    ui: createUi(undefined),
    catalogue: createCatalogue(),
    connection: createStore<Connection>(() => ({ state: "open", retryAt: undefined, queueRemaining: 0 })),
    toasts: new Toasts(),
    commands: undefined as never,
    canvas: undefined,
    t: translator("en"),
    announce: () => {},
  };
});
afterEach(() => vi.unstubAllGlobals());

const prompts = () => sent.filter((each) => each.path === "/api/prompt").map((each) => each.body);

test("42: a batch submits the document so often, each time with its own seed, under its title", async () => {
  await createRunner(host, undefined).queue(tab, { count: 3, front: true });
  const seeds = prompts().map((body) => (body.prompt as typeof DOCUMENT).graph[5].inputs.seed);
  expect(seeds).toEqual([1, 2, 3]);
  expect(prompts()[0]).toMatchObject({
    front: true,
    extra_data: { latentloom: { labels: { title: "Castle" } } },
  });
  expect(tab.run.getState().pending).toHaveLength(3);
});

test("47: what was submitted does not change with the document", async () => {
  const runner = createRunner(host, undefined);
  const queued = runner.queue(tab, { count: 1 });
  tab.document.edit("later", (draft) => {
    const node = draft.graph[5];
    if (node !== undefined) node.inputs.seed = 99;
  });
  await queued;
  await runner.queue(tab, { count: 1 });
  const seeds = prompts().map((body) => (body.prompt as typeof DOCUMENT).graph[5].inputs.seed);
  expect(seeds).toEqual([1, 99]);
});

test("45: a refusal marks the node and the input, and the toast leads there", async () => {
  answer = (path) =>
    path === "/api/prompt"
      ? Response.json({ error: { type: "x", message: "no" }, node_errors: {} }, { status: 400 })
      : Response.json({
          problems: [{ code: "value_smaller_than_min", node: "5", input: "seed", message: "too small" }],
        });
  await createRunner(host, undefined).queue(tab, { count: 5 });
  expect(prompts()).toHaveLength(1);
  expect(tab.run.getState().problems[5]?.[0]).toMatchObject({ input: "seed", message: "too small" });
  expect(tab.run.getState().pending).toEqual([]);
  expect(host.toasts.state.getState().shown[0]).toMatchObject({ kind: "error", detail: "too small" });
});

test("48: what could not be sent is sent with the same id when the server is back", async () => {
  const runner = createRunner(host, undefined);
  answer = () => {
    throw new TypeError("unreachable");
  };
  await runner.queue(tab, { count: 1 });
  expect(tab.run.getState().pending).toHaveLength(1);
  answer = () => Response.json({ prompt_id: "x", number: 0, node_errors: {} });
  (runner as unknown as SocketListener).onOpen(true);
  await vi.waitFor(() => expect(prompts()).toHaveLength(2));
  expect(prompts()[1]?.prompt_id).toBe(prompts()[0]?.prompt_id);
  expect(tab.run.getState().pending).toHaveLength(1);
});

test("50: a run to here names its targets", async () => {
  await createRunner(host, undefined).queue(tab, { targets: ["5"], count: 1 });
  expect(prompts()[0]?.partial_execution_targets).toEqual(["5"]);
});

test("44: the picture of work in progress stays until the result can be seen, and a newer job keeps its own", async () => {
  let isSeen: () => void = () => {};
  vi.stubGlobal(
    "Image",
    class {
      src = "";
      decode = () => new Promise<void>((resolve) => (isSeen = resolve));
    },
  );
  answer = (path) =>
    path.endsWith("/nodes")
      ? Response.json({
          status: "succeeded",
          started_at: null,
          completed_at: null,
          error: null,
          nodes: [
            {
              ...{
                id: "7",
                shown_by: "7",
                type: "SaveImage",
                state: "done",
                tier: null,
                reason: "",
                seconds: 1,
              },
              ...{ value: 1, maximum: 1, nbytes: null, shapes: [] },
              ui: { images: [{ filename: "castle.png", subfolder: "", type: "output" }] },
            },
          ],
        })
      : Response.json({ prompt_id: "x", number: 0, node_errors: {} });
  const clear = vi.spyOn(tab.previews, "clear");
  const runner = createRunner(host, undefined);
  const listener = runner as unknown as SocketListener;
  await runner.queue(tab, { count: 1 });
  const id = String(prompts()[0]?.prompt_id);
  const tell = (type: string, job: string) => listener.onMessage({ type, data: { prompt_id: job } });
  tell("execution_start", id);
  tell("execution_success", id);
  await vi.waitFor(() => expect(tab.run.getState().outputs[7]).toHaveLength(1));
  expect(clear).not.toHaveBeenCalled();
  isSeen();
  await vi.waitFor(() => expect(clear).toHaveBeenCalledOnce());
});
