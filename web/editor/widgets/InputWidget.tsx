// The widget of one input of one node, tied to the document: on the node, in the form, in panels.
import type { InputType } from "@/catalogue/types";
import type { Json } from "@/document/json";
import { type AfterRun, draftAt, isLink, type NodeId } from "@/document/types";
import { layoutOf } from "@/graphEdits/nodes";
import { useDocument, useRun, useScope, useT, useTab } from "@/shell/hooks";
import { WIDGETS } from "./all";
import { SeedWidget } from "./SeedWidget";
import type { WidgetProps } from "./types";

interface Props {
  readonly node: NodeId;
  readonly input: InputType;
  readonly label?: string;
}

/** Nothing for inputs that can only be linked, or are linked now. */
export function InputWidget({ node, input, label = input.name }: Props) {
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const held = useDocument(() => tab.document.part(scope).graph[node]?.inputs[input.name]);
  const afterRun = useDocument(() => tab.document.part(scope).layout?.nodes?.[node]?.after_run?.[input.name]);
  const problem = useRun((state) => state.problems[node]?.find((each) => each.input === input.name)?.message);
  if (input.widget === "none" || isLink(held)) return null;

  const props: WidgetProps = {
    input,
    node,
    label,
    problem,
    value: held ?? input.schema.default,
    change: (value: Json, isGoingOn = false) => {
      const options = isGoingOn ? { coalesce: `${scope}/${node}/${input.name}` } : {};
      tab.document.edit(t("canvas.value", { input: label }), (draft) => setInput(draft, value), options);
    },
    settle: () => tab.document.settle(),
  };
  const setInput = (draft: Parameters<typeof draftAt>[0], value: Json) => {
    const found = draftAt(draft, scope).graph[node];
    if (found !== undefined) found.inputs[input.name] = value;
  };
  if (input.widget === "seed") {
    const setAfterRun = (habit: AfterRun) =>
      tab.document.edit(t(`node.after_${habit}`), (draft) => {
        const layout = layoutOf(draftAt(draft, scope).layout, node);
        layout.after_run = { ...layout.after_run, [input.name]: habit };
      });
    return <SeedWidget {...props} afterRun={afterRun ?? "fixed"} setAfterRun={setAfterRun} />;
  }
  const Widget = WIDGETS[input.widget];
  return <Widget {...props} />;
}
