// Sweeps: a job for every combination of some inputs' values, then one that lays all pictures out on a sheet.
import type { Json } from "@/document/json";
import type { WorkflowDocument } from "@/document/types";
import { ask } from "./http";

/** Inputs by `node.input`, each with its values. */
export type Axes = Readonly<Record<string, readonly Json[]>>;

/** Queue all jobs of a sweep, or none; gives the id of the sweep. */
export async function submitSweep(document: WorkflowDocument, axes: Axes, title: string): Promise<string> {
  const { sweep } = await ask<{ sweep: string }>("/api/v2/jobs", {
    body: { workflow: document, sweep: axes, metadata: { title: title.slice(0, 512) } },
  });
  return sweep;
}
