// Every question that the editor asks its server stands here.
import type { CatalogueReply } from "@/catalogue/types";
import type { Json } from "@/document/json";
import type { WorkflowDocument } from "@/document/types";
import type { OutputFile, Problem } from "@/run/store";
import { ApiError, ask, refusal, send } from "./http";

/** How fine the pictures are that nodes show, from 1 to 100. */
const NODE_PICTURE_QUALITY = 80;

export interface SubmitWish {
  readonly document: WorkflowDocument;
  readonly clientId: string;
  readonly id: string;
  readonly front?: boolean;
  readonly targets?: readonly string[] | undefined;
  /** Nodes that run anew though their results are known. */
  readonly rerun?: readonly string[];
  readonly previews?: string;
  /** Labels to find the job by, such as `title`. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ProblemReply {
  code: string;
  node: string | null;
  input: string | null;
  value?: Json;
  message: string;
  details?: Record<string, Json>;
}

export interface PlannedNode {
  id: string;
  type: string;
  title: string;
  state: "run" | "hit" | "not_needed" | "lazy";
  tier: string | null;
  reason: string;
}

export interface Converted {
  workflow: WorkflowDocument;
  format: "document" | "api";
  complete: boolean;
  notes: {
    severity: "info" | "warning" | "error";
    message: string;
    node: string | null;
    subgraph: string | null;
  }[];
}

/** A job as `/api/jobs` tells it. */
export interface JobListing {
  id: string;
  status: "pending" | "in_progress" | "completed" | "failed" | "cancelled";
  create_time: number;
  execution_start_time?: number;
  execution_end_time?: number;
  outputs_count?: number;
  preview_output?: OutputFile & { mediaType: string; nodeId: string };
  [key: string]: unknown;
}

/** The catalogue, or undefined if it still has this ETag. */
export async function getCatalogue(
  etag?: string,
): Promise<{ reply: CatalogueReply; etag: string | undefined } | undefined> {
  const response = await send(
    "/api/v2/catalogue",
    etag === undefined ? {} : { headers: { "If-None-Match": etag } },
  );
  if (response.status === 304) return undefined;
  const text = await response.text();
  if (!response.ok) throw refusal(response.status, text);
  return { reply: JSON.parse(text) as CatalogueReply, etag: response.headers.get("ETag") ?? undefined };
}

/** Queue a document as it is now. */
export async function submit(
  wish: SubmitWish,
): Promise<{ id: string; number: number; node_errors: Record<string, Json> }> {
  const ours = {
    ...(wish.labels === undefined ? {} : { labels: wish.labels }),
    ...(wish.rerun === undefined ? {} : { rerun: wish.rerun }),
  };
  const body = {
    prompt: wish.document,
    prompt_id: wish.id,
    client_id: wish.clientId,
    front: wish.front ?? false,
    ...(wish.targets === undefined ? {} : { partial_execution_targets: wish.targets }),
    extra_data: {
      ...(wish.previews === undefined ? {} : { preview_method: wish.previews }),
      ...(Object.keys(ours).length === 0 ? {} : { latentloom: ours }),
    },
  };
  const reply = await ask<{ prompt_id: string; number: number; node_errors: Record<string, Json> }>(
    "/api/prompt",
    { body },
  );
  return { id: reply.prompt_id, number: reply.number, node_errors: reply.node_errors };
}

/** Stop the job that runs, or only this one. */
export function interrupt(id?: string): Promise<void> {
  return ask("/api/interrupt", { body: id === undefined ? {} : { prompt_id: id } });
}

/** Take waiting jobs out of the queue. */
export function dequeue(ids: readonly string[]): Promise<void> {
  return ask("/api/queue", { body: { delete: ids } });
}

/** Jobs by status, newest first. */
export async function listJobs(status: string, limit = 50): Promise<JobListing[]> {
  const query = new URLSearchParams({ status, limit: String(limit) });
  return (await ask<{ jobs: JobListing[] }>(`/api/jobs?${query}`)).jobs;
}

export interface HistoryEntry {
  outputs: Record<string, Record<string, Json>>;
  status: { status_str: string; completed: boolean; messages: [string, Record<string, Json>][] };
  [key: string]: unknown;
}

/** What became of a job, or undefined while it is not over. */
export async function getHistory(id: string): Promise<HistoryEntry | undefined> {
  return (await ask<Record<string, HistoryEntry>>(`/api/history/${encodeURIComponent(id)}`))[id];
}

/** Everything that is wrong with a document. */
export async function validate(document: WorkflowDocument, signal?: AbortSignal): Promise<Problem[]> {
  const reply = await ask<{ problems: ProblemReply[] }>("/api/v2/validate", {
    body: { workflow: document },
    signal,
  });
  return reply.problems.map(problemOf);
}

/** A problem as the run store holds it. */
export function problemOf(reply: ProblemReply): Problem {
  const { code, node, input, message, details } = reply;
  return {
    code,
    node: node ?? "",
    input: input ?? "",
    message,
    ...(details === undefined ? {} : { details }),
  };
}

/** What would run of a document, what is cached, and why. */
export function plan(
  document: WorkflowDocument,
  targets?: readonly string[],
): Promise<{ nodes: PlannedNode[]; problems: ProblemReply[] }> {
  return ask("/api/v2/plan", { body: { workflow: document, ...(targets === undefined ? {} : { targets }) } });
}

/** The workflow in a file: JSON in any form, or a picture that carries one. */
export function convertFile(file: Blob, name = ""): Promise<Converted> {
  return ask(`/api/v2/convert/file?${new URLSearchParams({ to: "document", name })}`, { raw: file });
}

/** The workflow of JSON in any form. */
export function convert(workflow: unknown, to: "document" | "api" = "document"): Promise<Converted> {
  return ask("/api/v2/convert", { body: { workflow, to } });
}

/** Put a file into the folder of inputs; the answer is its name as a `LoadImage` takes it. */
export async function uploadInput(file: File, subfolder = ""): Promise<string> {
  const form = new FormData();
  form.append("image", file);
  form.append("type", "input");
  if (subfolder !== "") form.append("subfolder", subfolder);
  const saved = await ask<{ name: string; subfolder: string }>("/api/upload/image", { raw: form });
  return saved.subfolder === "" ? saved.name : `${saved.subfolder}/${saved.name}`;
}

/** Save a picture with another alpha, as masks are kept; the answer is its name as a `LoadImage` takes it. */
export async function uploadMask(mask: Blob, original: OutputFile, name: string): Promise<string> {
  const form = new FormData();
  form.append("image", mask, name);
  form.append("type", "input");
  form.append("subfolder", "clipspace");
  form.append("original_ref", JSON.stringify(original));
  const saved = await ask<{ name: string; subfolder: string }>("/api/upload/mask", { raw: form });
  return saved.subfolder === "" ? saved.name : `${saved.subfolder}/${saved.name}`;
}

/** The address of a file; with `preview` (a quality), of a WebP picture of it, at most `size` pixels a side. */
export function viewUrl(file: OutputFile, preview?: number, size?: number): string {
  const { filename, subfolder, type } = file;
  const query = new URLSearchParams({
    filename,
    subfolder,
    type,
    ...(preview === undefined ? {} : { preview: `webp;${preview}` }),
    ...(size === undefined ? {} : { size: String(size) }),
  });
  return `/api/view?${query}`;
}

/** The address of a picture as nodes show it. */
export function nodePictureUrl(file: OutputFile): string {
  return viewUrl(file, NODE_PICTURE_QUALITY);
}

/** The address of a picture that an input names, such as `cat.png` or `sub/cat.png [output]`. */
export function inputFile(name: string): OutputFile {
  const [, path = name, folder = "input"] = /^(.*?)(?: \[(input|output|temp)\])?$/.exec(name) ?? [];
  const clean = path.replaceAll("\\", "/");
  const at = clean.lastIndexOf("/");
  return { filename: clean.slice(at + 1), subfolder: at < 0 ? "" : clean.slice(0, at), type: folder };
}

/** Whether this browser may use the server; a token in the address (`#token=…`) is used up here. */
export async function session(token?: string): Promise<boolean> {
  if (token !== undefined) await ask("/api/session", { body: { token } });
  return (await ask<{ open: boolean }>("/api/session")).open;
}

export { ApiError };
