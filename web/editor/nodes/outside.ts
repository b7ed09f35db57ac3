// What the subgraph that is shown shows of a node outside of itself.
import type { NodeId } from "@/document/types";
import { shownOutside } from "@/graphEdits/promoting";
import { useDocument, useScope, useTab } from "@/shell/hooks";

type Outside = ReturnType<typeof shownOutside>;

/** The names outside by input name or output number; undefined if there are none. */
export function useOutside<K extends keyof Outside>(id: NodeId, kind: K): Outside[K] | undefined {
  const tab = useTab();
  const scope = useScope();
  const list = useDocument(() => tab.document.doc.subgraphs?.[scope]?.[kind]);
  if (list === undefined || list.length === 0) return undefined;
  return shownOutside(tab.document.part(scope), id)[kind];
}
