// Whether a socket takes the link that is being dragged.
import { accepts } from "@/catalogue/sockets";
import type { NodeId } from "@/document/types";
import type { Linking } from "@/view/store";

/** `yes` or `no` while a link is dragged; undefined otherwise. */
export function fitOf(
  linking: Linking | undefined,
  node: NodeId,
  side: "input" | "output",
  type: string,
): "yes" | "no" | undefined {
  if (linking === undefined) return undefined;
  if (linking.side === side || linking.closed.has(node)) return "no";
  const fits = side === "input" ? accepts(type, linking.type) : accepts(linking.type, type);
  return fits ? "yes" : "no";
}
