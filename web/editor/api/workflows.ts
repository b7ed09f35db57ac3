// Workflows that are kept on the server, and templates to start from.
import type { Json } from "@/document/json";
import type { WorkflowDocument } from "@/document/types";
import { ApiError, ask } from "./http";

export interface SavedWorkflow {
  readonly name: string;
  readonly latest: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly archived_at: string | null;
}

export interface SavedVersion {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly note: string;
  readonly created_at: string;
}

export interface FullVersion extends SavedVersion {
  readonly workflow: WorkflowDocument;
}

export interface NeededModel {
  readonly folder: string;
  readonly name: string;
  readonly is_here: boolean;
}

export interface Template {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Under which heading it is listed; none for models that people bring. */
  readonly chapter: string | null;
  readonly nodes: number;
  readonly models: readonly NeededModel[];
  readonly missing_types: readonly string[];
  readonly thumbnail: string | null;
}

/** A value before and after, where there was and is one. */
export interface Change {
  readonly before: Json;
  readonly after: Json;
  readonly was_there: boolean;
  readonly is_there: boolean;
}

export interface NodeNamed {
  readonly id: string;
  readonly type: string;
  readonly title: string;
}

export interface NodeChange extends NodeNamed {
  readonly retyped: Change | null;
  readonly renamed: Change | null;
  readonly inputs: Readonly<Record<string, Change>>;
}

export interface GraphDifference {
  readonly added: readonly NodeNamed[];
  readonly removed: readonly NodeNamed[];
  readonly changed: readonly NodeChange[];
}

/** What two versions do differently. */
export interface Difference extends GraphDifference {
  readonly modes: Readonly<Record<string, Change>>;
  readonly parameters: Readonly<Record<string, Change>>;
  readonly subgraphs_added: readonly string[];
  readonly subgraphs_removed: readonly string[];
  readonly subgraphs_changed: Readonly<Record<string, GraphDifference>>;
  readonly has_moved: boolean;
}

const place = (name: string) => `/api/v2/workflows/${encodeURIComponent(name)}`;

/** Every saved workflow, by name. */
export async function listWorkflows(archived = false): Promise<SavedWorkflow[]> {
  const found: SavedWorkflow[] = [];
  let after: string | null = "";
  while (after !== null) {
    const query = new URLSearchParams({ limit: "1000", after, archived: String(archived) });
    const page: { workflows: SavedWorkflow[]; next_after: string | null } = await ask(
      `/api/v2/workflows?${query}`,
    );
    found.push(...page.workflows);
    after = page.next_after;
  }
  return found;
}

/** A version of a workflow; the latest if none is named. */
export function getWorkflow(name: string, version?: number): Promise<FullVersion> {
  return ask(version === undefined ? place(name) : `${place(name)}/versions/${version}`);
}

export async function listVersions(name: string): Promise<SavedVersion[]> {
  return (await ask<{ versions: SavedVersion[] }>(`${place(name)}/versions?limit=1000`)).versions;
}

/** What is different in a version, compared with an earlier one. */
export async function getDifference(name: string, before: number, after: number): Promise<Difference> {
  const query = new URLSearchParams({ before: String(before), after: String(after) });
  return (await ask<{ difference: Difference }>(`${place(name)}/diff?${query}`)).difference;
}

/** Save a version.
 *
 * @param base the version that was edited; 0 if there must be none of this name.
 * @throws ApiError `stale_version` if there is a newer one: nothing is written then.
 */
export function saveWorkflow(
  name: string,
  workflow: WorkflowDocument,
  base: number | undefined,
  note = "",
): Promise<FullVersion> {
  return ask(`${place(name)}/versions`, {
    body: { workflow, note, ...(base === undefined ? {} : { base }) },
  });
}

/** Put a workflow away; its versions are kept, and saving brings it back. */
export function archiveWorkflow(name: string): Promise<void> {
  return ask(place(name), { method: "DELETE" });
}

export async function listTemplates(): Promise<Template[]> {
  return (await ask<{ templates: Template[] }>("/api/v2/templates")).templates;
}

export async function getTemplate(name: string): Promise<{ title: string; workflow: WorkflowDocument }> {
  return ask(`/api/v2/templates/${encodeURIComponent(name)}`);
}

/** Whether an error says that somebody saved a newer version meanwhile. */
export function isStale(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === "stale_version";
}

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_ .()+-]{0,127}$/;

/** Whether the server takes a name for a workflow. */
export function isWorkflowName(name: string): boolean {
  return NAME.test(name);
}
