// Jobs: the queue, what became of them, and what they made.
import type { Json } from "@/document/json";
import type { WorkflowDocument } from "@/document/types";
import type { OutputFile } from "@/run/store";
import { ask } from "./http";

export type JobState = "queued" | "running" | "canceling" | "succeeded" | "failed" | "canceled" | "expired";

export interface JobSummary {
  readonly id: string;
  readonly status: JobState;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly message: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly workflow: string | null;
}

export interface JobProgress {
  readonly value: number;
  readonly nodes_done: number;
  readonly nodes_total: number;
  readonly step: number | null;
  readonly steps: number | null;
  readonly message: string | null;
}

export interface Queue {
  readonly running: readonly { readonly job: JobSummary; readonly progress: JobProgress | null }[];
  readonly waiting: readonly JobSummary[];
  readonly waiting_total: number;
}

export interface NodeRunReply {
  readonly id: string;
  readonly shown_by: string;
  readonly type: string | null;
  readonly state: "running" | "done" | "cached" | "skipped" | "failed" | "stopped";
  readonly tier: string | null;
  readonly reason: string;
  readonly seconds: number | null;
  readonly nbytes: number | null;
  readonly shapes: readonly string[];
  readonly value: number;
  readonly maximum: number;
  readonly ui: Record<string, Json> | null;
}

export interface JobError {
  readonly code: string;
  readonly message: string;
  readonly node_id: string | null;
  readonly class_type: string | null;
  readonly traceback: string | null;
}

/** What became of the nodes of a job so far. */
export interface NodeRuns {
  readonly status: JobState;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly nodes: readonly NodeRunReply[];
  readonly error: JobError | null;
}

export interface MadeFile extends OutputFile {
  readonly node: string;
  readonly kind: "image" | "video" | "audio" | "file";
}

/** A job that is over, with what it made and from what. */
export interface Made {
  readonly id: string;
  readonly status: JobState;
  readonly title: string;
  readonly created_at: string;
  readonly completed_at: string | null;
  readonly seconds: number | null;
  readonly files: readonly MadeFile[];
  readonly texts: readonly string[];
  readonly models: readonly string[];
  readonly seeds: readonly (number | bigint)[];
  readonly message: string | null;
}

export interface GalleryWish {
  readonly text?: string;
  readonly status?: string;
  /** ISO times. */
  readonly since?: string;
  readonly until?: string;
  readonly cursor?: string;
  readonly limit?: number;
}

const place = (id: string) => `/api/v2/jobs/${encodeURIComponent(id)}`;

export function getQueue(): Promise<Queue> {
  return ask("/api/v2/queue");
}

/** Let these waiting jobs share their places in this order. */
export function orderQueue(jobs: readonly string[]): Promise<Queue> {
  return ask("/api/v2/queue/order", { body: { jobs } });
}

/** Stop a job, whether it waits or runs. */
export function cancelJob(id: string): Promise<unknown> {
  return ask(`${place(id)}/cancel`, { method: "POST" });
}

/** Take every waiting job out of the queue. */
export function clearQueue(): Promise<void> {
  return ask("/api/queue", { body: { clear: true } });
}

/** Queue a job again as it was. */
export function retryJob(id: string): Promise<JobSummary> {
  return ask(`${place(id)}/retry`, { method: "POST" });
}

/** Forget a job that is over. */
export function deleteJob(id: string): Promise<void> {
  return ask(place(id), { method: "DELETE" });
}

export function getNodeRuns(id: string): Promise<NodeRuns> {
  return ask(`${place(id)}/nodes`);
}

/** The snapshot that a job runs: its document, or the plain graph if that is what was submitted. */
export async function getJobWorkflow(id: string): Promise<unknown> {
  const { document, workflow } = await ask<{ document: WorkflowDocument | null; workflow: unknown }>(
    `${place(id)}/workflow`,
  );
  return document ?? workflow;
}

/** Some of what was made, newest first. */
export function getGallery(
  wish: GalleryWish = {},
  signal?: AbortSignal,
): Promise<{ made: Made[]; next_cursor: string | null }> {
  const given = Object.entries(wish).filter(([, value]) => value !== undefined && value !== "");
  return ask(`/api/v2/gallery?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`, {
    signal,
  });
}
