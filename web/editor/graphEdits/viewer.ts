// The viewer: one output node of a graph that shows whichever output somebody last asked to see.
import type { TypeLookup } from "@/catalogue/nodeTypes";
import type { NodeType } from "@/catalogue/types";
import {
  draftAt,
  type GraphPart,
  isLink,
  type NodeId,
  type Point,
  type Scope,
  type WorkflowDocument,
} from "@/document/types";
import { connect, type OutputEnd } from "./links";
import { bestInput } from "./matching";
import { addNode, layoutOf } from "./nodes";

/** What shows an output best; anything else is shown as text. */
const VIEWERS: Readonly<Record<string, string>> = { IMAGE: "PreviewImage", MASK: "MaskPreview" };
const AS_TEXT = "PreviewAny";

/** The type of node that shows outputs of a type; undefined if the server has none. */
export function viewerFor(type: string, lookup: TypeLookup): NodeType | undefined {
  return lookup(VIEWERS[type] ?? AS_TEXT) ?? lookup(AS_TEXT);
}

/** The viewer of a graph, if somebody has looked at an output before. */
export function viewerOf({ graph, layout }: GraphPart): NodeId | undefined {
  return Object.keys(layout?.nodes ?? {}).find((id) => layout?.nodes?.[id]?.viewer === true && graph[id]);
}

/** The output that the viewer shows now. */
export function viewedOutput(part: GraphPart): OutputEnd | undefined {
  const viewer = viewerOf(part);
  const [link] = Object.values((viewer !== undefined && part.graph[viewer]?.inputs) || {}).filter(isLink);
  return link && { node: String(link[0]), slot: link[1] };
}

/** Lead an output into the viewer, which is made, turned into another type and moved as needed; returns its id. */
export function attachViewer(
  doc: WorkflowDocument,
  scope: Scope,
  type: NodeType,
  from: OutputEnd & { readonly type: string },
  at: Point,
): NodeId {
  const { graph, layout } = draftAt(doc, scope);
  const id = viewerOf({ graph, layout }) ?? addNode(doc, scope, type, at);
  const ofNode = layoutOf(layout, id);
  ofNode.viewer = true;
  if (!ofNode.pinned) ofNode.position = at;
  const node = graph[id];
  if (node === undefined) return id;
  if (node.class_type !== type.id) Object.assign(node, { class_type: type.id, inputs: {} });
  const input = bestInput(type, { ...node, inputs: {} }, from.type);
  if (input !== undefined) connect(doc, scope, from, { node: id, input: input.name });
  return id;
}
