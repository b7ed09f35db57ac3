// What changed in a version of a workflow; each line leads to its node.
import { Minus, Pencil, Plus, SquareDashedMousePointer } from "lucide-react";
import { useState } from "react";
import { getDifference } from "@/api/workflows";
import { openSaved } from "@/files/opening";
import { useApp, useT } from "@/shell/hooks";
import { nodeKey, select } from "@/view/store";
import { useServer } from "../shared/useServer";
import { type ChangeRow, changeRows, nodesIn } from "./changes";

const KINDS = {
  added: { icon: Plus, label: "files.diffAdded" },
  removed: { icon: Minus, label: "files.diffRemoved" },
  changed: { icon: Pencil, label: "files.diffChanged" },
} as const;

interface Props {
  readonly name: string;
  readonly version: number;
}

export function Changes({ name, version }: Props) {
  const app = useApp();
  const t = useT();
  const [ask] = useState(() => () => getDifference(name, version - 1, version));
  const { data, problem } = useServer(ask);
  if (problem !== undefined) return <p className="panel-problem">{problem}</p>;
  if (data === undefined) return null;
  const rows = changeRows(data);
  /** Select nodes where the workflow is open; it is opened if it is not. */
  const show = async (nodes: readonly string[]) => {
    try {
      const tab = await openSaved(app, name);
      const { graph } = tab.document.doc;
      const there = nodes.filter((id) => graph[id] !== undefined).map(nodeKey);
      // The canvas of another tab is there with the next frame.
      requestAnimationFrame(() => {
        select(tab.view, there);
        app.canvas?.frame(there);
      });
      if (there.length === 0) app.toasts.show("info", t("files.changeGone"));
    } catch (error) {
      app.toasts.show("error", error instanceof Error ? error.message : String(error));
    }
  };
  if (rows.length === 0)
    return <p className="panel-nothing">{t(data.has_moved ? "files.onlyMoved" : "files.noChanges")}</p>;
  const nodes = nodesIn(rows);
  return (
    <div className="changes">
      <ul>
        {rows.map((row) => (
          <Row key={row.key} row={row} onShow={(node) => void show([node])} />
        ))}
      </ul>
      {nodes.length > 1 && (
        <button type="button" className="button" data-kind="quiet" onClick={() => void show(nodes)}>
          <SquareDashedMousePointer size={14} aria-hidden />
          {t("files.markChanges", { count: nodes.length })}
        </button>
      )}
    </div>
  );
}

function Row({ row, onShow }: { readonly row: ChangeRow; readonly onShow: (node: string) => void }) {
  const t = useT();
  const { icon: Icon, label } = KINDS[row.kind];
  const { node } = row;
  return (
    <li>
      <Icon size={13} className="change-icon" data-kind={row.kind} aria-label={t(label)} role="img" />
      {node === undefined ? (
        <span className="change-title">{row.title}</span>
      ) : (
        <button type="button" className="change-title" onClick={() => onShow(node)}>
          {row.title}
        </button>
      )}
      {row.values.map((value) => (
        <span key={value.name} className="change-value">
          {value.name !== "" && <b>{value.name}</b>} <del>{value.before}</del> <ins>{value.after}</ins>
        </span>
      ))}
    </li>
  );
}
