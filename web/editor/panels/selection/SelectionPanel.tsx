// Edits everything that is selected at once: name, colour, place, and the widgets that the nodes share.
import { Ban } from "lucide-react";
import { useEffect, useState } from "react";
import { typeOfNode } from "@/catalogue/nodeTypes";
import { lookupIn } from "@/catalogue/store";
import type { Json } from "@/document/json";
import { draftAt, type Layout, titleOf } from "@/document/types";
import { layoutOf } from "@/graphEdits/nodes";
import { useApp, useDocument, useScope, useT, useTab, useView } from "@/shell/hooks";
import { CommandButton } from "@/shell/ViewControls";
import { SWATCHES } from "@/theme/swatches";
import { type ItemKey, itemOf } from "@/view/store";
import { WIDGETS } from "@/widgets/all";
import { InputWidget } from "@/widgets/InputWidget";
import type { WidgetProps } from "@/widgets/types";
import "../shared/panel.css";
import { type SharedInput, sharedInputs, type Typed } from "./shared";
import "./selection.css";

const ARRANGING = [
  "layout.align_left",
  "layout.align_centre",
  "layout.align_right",
  "layout.align_top",
  "layout.align_middle",
  "layout.align_bottom",
  "layout.spread_across",
  "layout.spread_down",
  "layout.arrange",
];

export default function SelectionPanel() {
  const app = useApp();
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const selection = useView((view) => view.selection);
  useDocument((state) => state.revision);
  const part = tab.document.part(scope);
  const items = [...selection].filter((key) => /^(node|group|note):/.test(key));
  const lookup = lookupIn(app.catalogue.getState());
  const nodes: Typed[] = items.flatMap((key) => {
    const { kind, id } = itemOf(key);
    const node = kind === "node" ? part.graph[id] : undefined;
    return node === undefined ? [] : [{ id, node, type: typeOfNode(node, tab.document.doc, lookup) }];
  });
  if (items.length === 0) return <p className="panel-nothing">{t("layout.nothingSelected")}</p>;
  const [only] = items.length === 1 ? items : [];
  const icons = new Map(app.commands.all.map((command) => [command.id, command.icon ?? Ban]));
  return (
    <div className="panel-column">
      <div className="panel-scroll" data-scrolls>
        {only === undefined ? (
          <p className="selection-count">{t("layout.selectedCount", { count: items.length })}</p>
        ) : (
          <TitleField key={only} item={only} />
        )}
        {nodes.length === 1 && <p className="selection-type">{nodes[0]?.type.description}</p>}
        <Swatches items={items} />
        {nodes.length > 1 && (
          <div className="selection-arranging">
            {ARRANGING.map((id) => (
              <CommandButton key={id} id={id} icon={icons.get(id) ?? Ban} />
            ))}
          </div>
        )}
        {sharedInputs(nodes).map((shared) => (
          <div key={shared.input.name} className="selection-input" data-kind={shared.input.widget}>
            <span title={shared.input.help || undefined}>
              {shared.input.name.replaceAll("_", " ")}
              {shared.isMixed && <small>{t("layout.mixed")}</small>}
            </span>
            {nodes.length === 1 ? (
              <InputWidget node={shared.nodes[0] ?? ""} input={shared.input} />
            ) : (
              <SharedWidget shared={shared} />
            )}
          </div>
        ))}
        {nodes.length > 1 && sharedInputs(nodes).length === 0 && (
          <p className="panel-nothing">{t("layout.nothingShared")}</p>
        )}
      </div>
    </div>
  );
}

/** One widget for the same input of several nodes; one step of undo for all. */
function SharedWidget({ shared }: { readonly shared: SharedInput }) {
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const { input, nodes, value } = shared;
  if (input.widget === "none") return null;
  const props: WidgetProps = {
    input,
    value,
    node: nodes[0] ?? "",
    label: input.name,
    problem: undefined,
    change: (next: Json, isGoingOn = false) => {
      const options = isGoingOn ? { coalesce: `${scope}/${nodes.join()}/${input.name}` } : {};
      tab.document.edit(
        t("layout.changedAll", { input: input.name, count: nodes.length }),
        (draft) => {
          const { graph } = draftAt(draft, scope);
          for (const id of nodes) {
            const node = graph[id];
            if (node !== undefined) node.inputs[input.name] = next;
          }
        },
        options,
      );
    },
    settle: () => tab.document.settle(),
  };
  const Widget = input.widget === "seed" ? WIDGETS.integer : WIDGETS[input.widget];
  return <Widget {...props} />;
}

function TitleField({ item }: { readonly item: ItemKey }) {
  const app = useApp();
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const { kind, id } = itemOf(item);
  const part = tab.document.part(scope);
  const node = part.graph[id];
  const held =
    kind === "group"
      ? (part.layout?.groups?.[id]?.title ?? "")
      : node === undefined
        ? ""
        : titleOf(node, typeOfNode(node, tab.document.doc, lookupIn(app.catalogue.getState())).title);
  const [text, setText] = useState(held);
  useEffect(() => setText(held), [held]);
  if (kind === "note") return null;
  const done = () => {
    if (text.trim() === held) return;
    tab.document.edit(t("canvas.renamed", { title: text.trim() }), (draft) => {
      const { graph, layout } = draftAt(draft, scope);
      const group = layout.groups?.[id];
      const found = graph[id];
      if (kind === "group" && group !== undefined) group.title = text.trim();
      if (kind === "node" && found !== undefined) found._meta = { ...found._meta, title: text.trim() };
    });
  };
  return (
    <input
      className="field"
      data-title
      aria-label={t("canvas.rename")}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={done}
      onKeyDown={(event) => event.key === "Enter" && done()}
    />
  );
}

function colourOf(layout: Layout | undefined, key: ItemKey): string | undefined {
  const { kind, id } = itemOf(key);
  if (kind === "node") return layout?.nodes?.[id]?.colour;
  return kind === "group" ? layout?.groups?.[id]?.colour : layout?.notes?.[id]?.colour;
}

function Swatches({ items }: { readonly items: readonly ItemKey[] }) {
  const t = useT();
  const tab = useTab();
  const scope = useScope();
  const { layout } = tab.document.part(scope);
  const [first] = items;
  const held = first === undefined ? undefined : colourOf(layout, first);
  const paint = (colour: string | undefined) =>
    tab.document.edit(t("layout.colour"), (draft) => {
      const found = draftAt(draft, scope).layout;
      for (const key of items) {
        const { kind, id } = itemOf(key);
        const target =
          kind === "node" ? layoutOf(found, id) : kind === "group" ? found.groups?.[id] : found.notes?.[id];
        if (target === undefined) continue;
        if (colour === undefined) delete target.colour;
        else target.colour = colour;
        if (kind === "node") delete (target as { title_colour?: string }).title_colour;
      }
    });
  return (
    <fieldset className="selection-swatches">
      <legend>{t("layout.colour")}</legend>
      <button
        type="button"
        aria-label={t("layout.noColour")}
        title={t("layout.noColour")}
        aria-pressed={held === undefined}
        onClick={() => paint(undefined)}
      >
        <Ban size={13} aria-hidden />
      </button>
      {SWATCHES.map((colour, at) => (
        <button
          key={colour}
          type="button"
          aria-label={t("layout.colourNumber", { number: at + 1 })}
          aria-pressed={held === colour}
          style={{ background: colour }}
          onClick={() => paint(colour)}
        />
      ))}
    </fieldset>
  );
}
