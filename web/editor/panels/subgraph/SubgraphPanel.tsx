// What a subgraph is called, what it shows outside, and who uses it.
import { ChevronDown, ChevronUp, LogIn, X } from "lucide-react";
import { useEffect, useState } from "react";
import { fromDefinition, inputsOf, typeOfNode } from "@/catalogue/nodeTypes";
import { lookupIn } from "@/catalogue/store";
import type { DocumentStore } from "@/document/store";
import { type Definition, isLink, type NodeId, ROOT, titleOf } from "@/document/types";
import {
  demoteInput,
  demoteOutput,
  inputLeadingTo,
  moveInput,
  moveOutput,
  promoteInput,
  promoteOutput,
  renameInput,
  renameOutput,
} from "@/graphEdits/promoting";
import { usesOf } from "@/graphEdits/uses";
import type { Key } from "@/i18n/catalogues";
import { useApp, useDocument, useScope, useT, useTab, useView } from "@/shell/hooks";
import { enter, type TrailStep } from "@/view/store";
import "../shared/panel.css";
import "./subgraph.css";

export default function SubgraphPanel() {
  const tab = useTab();
  const scope = useScope();
  const doc = useDocument((state) => state.doc);
  const selected = useView((view) => {
    if (view.selection.size !== 1) return undefined;
    const [key = ""] = view.selection;
    return key.startsWith("node:") ? tab.document.part(scope).graph[key.slice(5)]?.class_type : undefined;
  });
  const id = selected !== undefined && doc.subgraphs?.[selected] !== undefined ? selected : scope;
  const definition = doc.subgraphs?.[id];
  return (
    <div className="panel-column">
      <div className="panel-scroll" data-scrolls>
        {definition !== undefined && <Interface key={id} id={id} definition={definition} />}
        <AllSubgraphs shown={id} />
      </div>
    </div>
  );
}

type Edit = (label: Key, change: Parameters<DocumentStore["edit"]>[1]) => void;

function Interface({ id, definition }: { readonly id: string; readonly definition: Definition }) {
  const t = useT();
  const tab = useTab();
  const edit: Edit = (label, change) => void tab.document.edit(t(label), change);
  const uses = useDocument((state) => usesOf(state.doc, id).length);
  const setText = (key: "title" | "description", text: string) =>
    edit("subgraph.renamed", (draft) => {
      const found = draft.subgraphs?.[id];
      if (found !== undefined) found[key] = text;
    });
  return (
    <>
      <div className="subgraph-field">
        <span>{t("subgraph.name")}</span>
        <Draft
          value={definition.title ?? ""}
          label={t("subgraph.name")}
          onDone={(text) => setText("title", text)}
        />
      </div>
      <div className="subgraph-field">
        <span>{t("subgraph.description")}</span>
        <Draft
          value={definition.description ?? ""}
          label={t("subgraph.description")}
          onDone={(text) => setText("description", text)}
        />
      </div>
      <p className="subgraph-uses">{t("subgraph.usedTimes", { count: uses })}</p>
      <h3 className="panel-heading">{t("subgraph.inputs")}</h3>
      <ol className="subgraph-list">
        {(definition.inputs ?? []).map((input, at) => (
          <Entry
            key={input.name}
            name={input.name}
            isFirst={at === 0}
            isLast={at === (definition.inputs?.length ?? 0) - 1}
            onRename={(name) => edit("subgraph.renamed", (draft) => renameInput(draft, id, input.name, name))}
            onMove={(by) => edit("subgraph.moved", (draft) => moveInput(draft, id, input.name, by))}
            onRemove={() => edit("subgraph.hidden", (draft) => demoteInput(draft, id, input.name))}
          />
        ))}
      </ol>
      {(definition.inputs ?? []).length === 0 && <p className="subgraph-none">{t("subgraph.noInputs")}</p>}
      <h3 className="panel-heading">{t("subgraph.outputs")}</h3>
      <ol className="subgraph-list">
        {(definition.outputs ?? []).map((output, at) => (
          <Entry
            key={output.name}
            name={output.name}
            isFirst={at === 0}
            isLast={at === (definition.outputs?.length ?? 0) - 1}
            onRename={(name) => edit("subgraph.renamed", (draft) => renameOutput(draft, id, at, name))}
            onMove={(by) => edit("subgraph.moved", (draft) => moveOutput(draft, id, at, by))}
            onRemove={() => edit("subgraph.hidden", (draft) => demoteOutput(draft, id, at))}
          />
        ))}
      </ol>
      {(definition.outputs ?? []).length === 0 && <p className="subgraph-none">{t("subgraph.noOutputs")}</p>}
      <h3 className="panel-heading">{t("subgraph.inside")}</h3>
      {Object.keys(definition.graph).map((node) => (
        <InnerNode key={node} id={id} definition={definition} node={node} edit={edit} />
      ))}
    </>
  );
}

interface EntryProps {
  readonly name: string;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly onRename: (name: string) => void;
  readonly onMove: (by: -1 | 1) => void;
  readonly onRemove: () => void;
}

function Entry({ name, isFirst, isLast, onRename, onMove, onRemove }: EntryProps) {
  const t = useT();
  return (
    <li>
      <Draft value={name} label={t("subgraph.nameOf", { name })} onDone={onRename} />
      <button
        type="button"
        className="icon-button"
        disabled={isFirst}
        aria-label={t("subgraph.up", { name })}
        title={t("subgraph.up", { name })}
        onClick={() => onMove(-1)}
      >
        <ChevronUp size={14} />
      </button>
      <button
        type="button"
        className="icon-button"
        disabled={isLast}
        aria-label={t("subgraph.down", { name })}
        title={t("subgraph.down", { name })}
        onClick={() => onMove(1)}
      >
        <ChevronDown size={14} />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label={t("subgraph.hide", { name })}
        title={t("subgraph.hide", { name })}
        onClick={onRemove}
      >
        <X size={14} />
      </button>
    </li>
  );
}

/** A text that is taken when it is left, or with Enter. */
function Draft(props: {
  readonly value: string;
  readonly label: string;
  readonly onDone: (text: string) => void;
}) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  const done = () => text.trim() !== props.value && props.onDone(text.trim());
  return (
    <input
      className="field"
      aria-label={props.label}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => event.key === "Enter" && done()}
    />
  );
}

interface InnerProps {
  readonly id: string;
  readonly definition: Definition;
  readonly node: NodeId;
  readonly edit: Edit;
}

/** The inputs and outputs of a node inside, to be shown outside or not. */
function InnerNode({ id, definition, node, edit }: InnerProps) {
  const app = useApp();
  const tab = useTab();
  const t = useT();
  const isSelected = useView((view) => view.selection.has(`node:${node}`) && view.trail.at(-1)?.scope === id);
  const found = definition.graph[node];
  if (found === undefined) return null;
  const lookup = lookupIn(app.catalogue.getState());
  const type = typeOfNode(found, tab.document.doc, lookup);
  const inputs = inputsOf(type, found).filter((each) => !isLink(found.inputs[each.name]));
  const shownCount = inputs.filter(
    (each) => inputLeadingTo(definition, node, each.name) !== undefined,
  ).length;
  return (
    <details className="subgraph-node" open={isSelected || undefined}>
      <summary>
        <span>{titleOf(found, type.title)}</span>
        {shownCount > 0 && <small>{t("subgraph.shownCount", { count: shownCount })}</small>}
      </summary>
      {inputs.map((input) => {
        const outside = inputLeadingTo(definition, node, input.name);
        return (
          <label key={input.name} className="subgraph-check">
            <input
              type="checkbox"
              checked={outside !== undefined}
              onChange={() =>
                outside === undefined
                  ? edit("subgraph.promoted", (draft) => void promoteInput(draft, id, node, input.name))
                  : edit("subgraph.hidden", (draft) => demoteInput(draft, id, outside.name))
              }
            />
            <span>{input.name.replaceAll("_", " ")}</span>
            <small>{input.type}</small>
          </label>
        );
      })}
      {type.outputs.map((output, slot) => {
        const at = (definition.outputs ?? []).findIndex(
          ({ from }) => String(from[0]) === node && from[1] === slot,
        );
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: outputs are named by their number
          <label key={slot} className="subgraph-check">
            <input
              type="checkbox"
              checked={at >= 0}
              onChange={() =>
                at < 0
                  ? edit("subgraph.promoted", (draft) => {
                      promoteOutput(draft, id, node, slot, { label: output.name, type: output.type });
                    })
                  : edit("subgraph.hidden", (draft) => demoteOutput(draft, id, at))
              }
            />
            <span>{t("subgraph.outputNamed", { name: output.name })}</span>
            <small>{output.type}</small>
          </label>
        );
      })}
    </details>
  );
}

function AllSubgraphs({ shown }: { readonly shown: string }) {
  const app = useApp();
  const t = useT();
  const tab = useTab();
  const doc = useDocument((state) => state.doc);
  const lookup = lookupIn(app.catalogue.getState());
  const all = Object.entries(doc.subgraphs ?? {});
  if (all.length === 0) return <p className="panel-nothing">{t("subgraph.none")}</p>;
  const go = (id: string) => {
    const way = wayTo(tab.document, id);
    if (way === undefined) return;
    tab.view.setState({ trail: [] });
    for (const step of way) enter(tab.view, step.use, step.scope);
  };
  return (
    <>
      <h3 className="panel-heading">{t("subgraph.all")}</h3>
      <ul className="subgraph-all">
        {all.map(([id, definition]) => (
          <li key={id} data-shown={id === shown || undefined}>
            <span title={definition.description}>{fromDefinition(id, definition, doc, lookup).title}</span>
            <small>{t("subgraph.usedTimes", { count: usesOf(doc, id).length })}</small>
            <button
              type="button"
              className="icon-button"
              aria-label={t("subgraph.enterNamed", { title: definition.title ?? id })}
              title={t("subgraph.enterNamed", { title: definition.title ?? id })}
              disabled={wayTo(tab.document, id) === undefined}
              onClick={() => go(id)}
            >
              <LogIn size={14} />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The steps from the root into a definition, by the first uses that lead there. */
function wayTo({ doc }: DocumentStore, id: string): TrailStep[] | undefined {
  if (id === ROOT) return [];
  for (const { scope, node } of usesOf(doc, id)) {
    const before = scope === id ? undefined : wayTo({ doc } as DocumentStore, scope);
    if (before !== undefined) return [...before, { use: node, scope: id }];
  }
  return undefined;
}
