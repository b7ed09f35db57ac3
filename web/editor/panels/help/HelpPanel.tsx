// What the selected node does: its description, sockets and settings, as its declaration says.
import { exampleOf } from "@/catalogue/example";
import { typeOfNode } from "@/catalogue/nodeTypes";
import { socketLook } from "@/catalogue/sockets";
import { lookupIn } from "@/catalogue/store";
import type { InputType, NodeType } from "@/catalogue/types";
import { MarkdownNote } from "@/panels/notes/MarkdownNote";
import { useApp, useDocument, useScope, useT, useTab, useView } from "@/shell/hooks";
import { selectedNodes } from "@/view/store";
import { NodeExample } from "./NodeExample";
import { NodeSource } from "./NodeSource";
import "../shared/panel.css";
import "./help.css";

export default function HelpPanel() {
  const app = useApp();
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const id = useView((view) => selectedNodes(view)[0]);
  const node = useDocument(() => (id === undefined ? undefined : tab.document.part(scope).graph[id]));
  if (node === undefined) return <p className="panel-nothing">{t("help.nothingSelected")}</p>;
  const type = typeOfNode(node, tab.document.doc, lookupIn(app.catalogue.getState()));
  return (
    <div className="panel-column">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard */}
      <article className="panel-scroll help" tabIndex={0} aria-label={type.title} data-scrolls>
        <h3>{type.title}</h3>
        <p className="help-id">
          <code>{type.id}</code>
          {type.category !== "" && <span>{type.category}</span>}
        </p>
        <MarkdownNote text={type.description || t("help.noDescription")} />
        <Inputs title={t("subgraph.inputs")} inputs={type.inputs} />
        <Growing type={type} />
        {type.outputs.length > 0 && (
          <>
            <h4>{t("subgraph.outputs")}</h4>
            <dl>
              {type.outputs.map((output, slot) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: outputs are named by their number
                <div key={slot}>
                  <dt>
                    <Dot type={output.type} /> {output.name}
                    <small>{output.isList ? t("help.listOf", { type: output.type }) : output.type}</small>
                  </dt>
                  {output.help && <dd>{output.help}</dd>}
                </div>
              ))}
            </dl>
          </>
        )}
        <h4>{t("help.example")}</h4>
        <pre className="help-code">{exampleOf(type)}</pre>
        {type.origin === "server" && <NodeExample key={type.id} type={type.id} title={type.title} />}
        {type.source !== "" && <p className="help-source">{t("help.source", { source: type.source })}</p>}
        {type.origin === "server" && <NodeSource key={type.id} type={type.id} />}
      </article>
    </div>
  );
}

function Growing({ type }: { readonly type: NodeType }) {
  const t = useT();
  if (type.growing.length === 0) return null;
  return (
    <p className="help-source">
      {type.growing.map(({ group, names }) => t("help.growing", { group, count: names.length })).join(" ")}
    </p>
  );
}

function Inputs({ title, inputs }: { readonly title: string; readonly inputs: readonly InputType[] }) {
  const t = useT();
  if (inputs.length === 0) return null;
  return (
    <>
      <h4>{title}</h4>
      <dl>
        {inputs.map((input) => (
          <div key={input.name}>
            <dt>
              <Dot type={input.type} /> {input.name.replaceAll("_", " ")}
              <small>
                {input.type}
                {!input.required && ` · ${t("help.optional")}`}
              </small>
            </dt>
            {input.help && <dd>{input.help}</dd>}
            {limits(input) !== "" && <dd className="help-limits">{limits(input)}</dd>}
          </div>
        ))}
      </dl>
    </>
  );
}

function Dot({ type }: { readonly type: string }) {
  return <i className="help-dot" style={{ background: socketLook(type).colour }} />;
}

/** `1 – 150, default 20` */
function limits({ schema }: InputType): string {
  const { minimum, maximum } = schema;
  const range =
    minimum === undefined && maximum === undefined ? [] : [`${minimum ?? "…"} – ${maximum ?? "…"}`];
  const isShown = schema.default !== undefined && schema.default !== "" && typeof schema.default !== "object";
  return [...range, ...(isShown ? [`= ${String(schema.default)}`] : [])].join(", ");
}
