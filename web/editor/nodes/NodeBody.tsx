// A node as people see it close by: head, sockets, widgets, pictures. It does not know which canvas it lies on.
import { memo } from "react";
import { socketLook } from "@/catalogue/sockets";
import type { InputType, NodeType, OutputType } from "@/catalogue/types";
import type { Json } from "@/document/json";
import { isLink, type Mode, type NodeId, type WorkflowNode } from "@/document/types";
import { useRun, useScope, useT, useTab, useView } from "@/shell/hooks";
import { InputWidget } from "@/widgets/InputWidget";
import { fitOf } from "./fitting";
import { NodeFailureLine } from "./NodeFailureLine";
import { NodeHead } from "./NodeHead";
import { NodePicture } from "./NodePicture";
import { useOutside } from "./outside";
import type { NodeShape, Row } from "./shape";
import "./node.css";
import "./rows.css";
import "./outside.css";

export interface NodeBodyProps {
  readonly id: NodeId;
  readonly node: WorkflowNode;
  readonly type: NodeType;
  readonly shape: NodeShape;
  readonly title: string;
  readonly mode: Mode;
  readonly isPinned: boolean;
  readonly colour: string | undefined;
  readonly titleColour: string | undefined;
}

export const NodeBody = memo(function NodeBody(props: NodeBodyProps) {
  const { id, node, type, shape, title, mode } = props;
  const t = useT();
  const status = useRun((state) => state.nodes[id]?.status);
  const hasProblem = useRun((state) => (state.problems[id]?.length ?? 0) > 0);
  const shapes = useRun((run) => run.shapes);
  const lastValue = (input: Json | undefined) =>
    isLink(input) ? shapes[String(input[0])]?.[input[1]] : undefined;
  const inputsOutside = useOutside(id, "inputs");
  const outputsOutside = useOutside(id, "outputs");
  const state = type.origin === "unknown" ? "missing" : status === "failed" || hasProblem ? "failed" : status;
  const colours = {
    ...(props.colour && {
      "--own": `color-mix(in srgb, ${props.colour} 30%, var(--node))`,
      "--own-title": `color-mix(in srgb, ${props.colour} 52%, var(--node-title))`,
    }),
    ...(props.titleColour && {
      "--own-title": `color-mix(in srgb, ${props.titleColour} 52%, var(--node-title))`,
    }),
  };
  return (
    <article
      className="node"
      aria-label={`${title}${mode === "normal" ? "" : `, ${t(mode === "mute" ? "canvas.muted" : "canvas.bypassed")}`}`}
      data-mode={mode}
      data-state={state}
      data-collapsed={shape.isCollapsed || undefined}
      style={colours as React.CSSProperties}
    >
      <NodeHead {...props} />
      {shape.rows.map((row) => (
        <NodeRow key={keyOf(row)} row={row} id={id} node={node} title={title} />
      ))}
      {shape.inputs.map(({ input, y, isLinked }) => (
        <Socket
          key={`i ${input.name}`}
          node={id}
          side="input"
          type={input.type}
          isList={false}
          y={y}
          isLinked={isLinked}
          isQuiet={input.widget !== "none"}
          isOptional={!input.required}
          label={t("canvas.inputOf", { input: input.name, type: input.type })}
          help={input.help}
          lastValue={lastValue(node.inputs[input.name])}
          outside={inputsOutside?.get(input.name)}
        />
      ))}
      {shape.outputs.map(({ output, slot, y }) => (
        <Socket
          key={`o ${slot}`}
          node={id}
          side="output"
          type={output.type}
          isList={output.isList}
          y={y}
          isLinked
          isQuiet={false}
          isOptional={false}
          label={t("canvas.inputOf", { input: output.name, type: output.type })}
          help={output.help}
          lastValue={shapes[id]?.[slot]}
          outside={outputsOutside?.get(slot)}
        />
      ))}
      <NodeFailureLine id={id} isMissing={type.origin === "unknown"} typeId={node.class_type} />
    </article>
  );
});

function keyOf(row: Row): string {
  return `${row.kind} ${row.input?.name ?? ""} ${row.slot ?? ""}`;
}

interface RowProps {
  readonly row: Row;
  readonly id: NodeId;
  readonly node: WorkflowNode;
  readonly title: string;
}

function NodeRow({ row, id, node, title }: RowProps) {
  const place = { top: row.y, height: row.height };
  if (row.kind === "picture")
    return <NodePicture id={id} title={title} node={node} top={row.y} height={row.height} />;
  if (row.kind === "sockets") {
    return (
      <div className="node-row node-sockets" style={place}>
        {row.input !== undefined && <InputLabel input={row.input} />}
        {row.output !== undefined && <OutputLabel output={row.output} />}
      </div>
    );
  }
  const { input } = row;
  if (input === undefined) return null;
  const isLinked = isLink(node.inputs[input.name]);
  return (
    <div
      className="node-row node-widget"
      data-kind={input.widget}
      data-linked={isLinked || undefined}
      style={place}
      data-widget={isLinked ? undefined : ""}
    >
      <span className="node-label" title={input.help || undefined}>
        {shownName(input.name)}
      </span>
      {isLinked ? (
        <LinkedFrom node={node} input={input} />
      ) : (
        <InputWidget node={id} input={input} label={input.name} />
      )}
    </div>
  );
}

function InputLabel({ input }: { readonly input: InputType }) {
  return (
    <span
      className="node-input-label"
      data-optional={!input.required || undefined}
      title={input.help || input.type}
    >
      {shownName(input.name)}
    </span>
  );
}

function OutputLabel({ output }: { readonly output: OutputType }) {
  return (
    <span className="node-output-label" title={output.help || output.type}>
      {output.name}
    </span>
  );
}

/** What a widget shows while its input is linked. */
function LinkedFrom({ node, input }: { readonly node: WorkflowNode; readonly input: InputType }) {
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const value = node.inputs[input.name];
  const from = isLink(value) ? tab.document.part(scope).graph[String(value[0])] : undefined;
  return (
    <span className="node-linked">
      {t("canvas.linkedFrom", { node: from?._meta?.title || (from?.class_type ?? "?") })}
    </span>
  );
}

/** `sampler_name` as people read it. */
export function shownName(name: string): string {
  return name.replaceAll("_", " ");
}

interface SocketProps {
  readonly node: NodeId;
  readonly side: "input" | "output";
  readonly type: string;
  readonly isList: boolean;
  readonly y: number;
  readonly isLinked: boolean;
  /** Sockets of widgets show only when they are needed. */
  readonly isQuiet: boolean;
  readonly isOptional: boolean;
  readonly label: string;
  readonly help: string;
  /** How large what went through it last was. */
  readonly lastValue: string | undefined;
  /** Its name outside of the subgraph that the node is in, if it is shown there. */
  readonly outside: string | undefined;
}

function Socket(props: SocketProps) {
  const { node, side, type, isList, y, isLinked, isQuiet, isOptional, label, help, lastValue, outside } =
    props;
  const t = useT();
  const { colour, shape } = socketLook(type, isList);
  const fit = useView((state) => fitOf(state.linking, node, side, type));
  return (
    <span
      className="socket"
      data-side={side}
      data-shape={shape}
      data-linked={isLinked || undefined}
      data-quiet={(isQuiet && !isLinked && outside === undefined) || undefined}
      data-optional={isOptional || undefined}
      data-fit={fit}
      title={[label, lastValue, help].filter(Boolean).join("\n")}
      style={{ top: y, "--socket": colour } as React.CSSProperties}
    >
      {outside !== undefined && (
        <span className="socket-outside" title={t("subgraph.outsideAs", { name: outside })}>
          {outside}
        </span>
      )}
    </span>
  );
}
