// Takes things of an earlier job over into the document that is shown.
import { getJobWorkflow } from "@/api/jobs";
import type { App } from "@/app";
import type { TypeLookup } from "@/catalogue/nodeTypes";
import { lookupIn } from "@/catalogue/store";
import { isObject, type Json } from "@/document/json";
import { type Graph, isLink, type NodeId, type WorkflowDocument } from "@/document/types";
import type { Tab } from "@/workspace/tabs";

export interface Seed {
  readonly node: NodeId;
  readonly input: string;
  readonly type: string;
  readonly value: Json;
}

/** The seeds of a graph, in the order of its nodes. */
export function seedsIn(graph: Graph, lookup: TypeLookup): Seed[] {
  return Object.entries(graph).flatMap(([node, { class_type, inputs }]) =>
    (lookup(class_type)?.inputs ?? []).flatMap((input) => {
      const value = inputs?.[input.name];
      const isSeed = input.widget === "seed" && value !== undefined && !isLink(value);
      return isSeed ? [{ node, input: input.name, type: class_type, value }] : [];
    }),
  );
}

/** Put the seeds of another graph into a draft: the same node gets its own, otherwise the first one is taken.
 *
 * @returns how many were set.
 */
export function takeSeeds(draft: WorkflowDocument, from: Graph, lookup: TypeLookup): number {
  const theirs = seedsIn(from, lookup);
  const first = theirs[0];
  if (first === undefined) return 0;
  const ours = seedsIn(draft.graph, lookup);
  for (const seed of ours) {
    const same = theirs.find(
      (each) => each.node === seed.node && each.type === seed.type && each.input === seed.input,
    );
    const node = draft.graph[seed.node];
    if (node !== undefined) node.inputs[seed.input] = (same ?? first).value;
    // A seed that somebody wants again must not change with the next run.
    const after = draft.layout?.nodes?.[seed.node]?.after_run;
    if (after?.[seed.input] !== undefined) after[seed.input] = "fixed";
  }
  return ours.length;
}

/** Use the seed of a job in the document that is shown. */
export async function reuseSeed(app: App, tab: Tab, job: string): Promise<void> {
  const workflow = await getJobWorkflow(job);
  const graph = isObject(workflow) && isObject(workflow.graph) ? workflow.graph : workflow;
  let count = 0;
  tab.document.edit(app.t("history.seedReused"), (draft) => {
    count = takeSeeds(draft, graph as Graph, lookupIn(app.catalogue.getState()));
  });
  if (count === 0) app.toasts.show("warning", app.t("history.noSeed"));
  else app.toasts.show("success", app.t("history.seedReused"));
}
