// Lists everything that a document needs and this server lacks, with what can be done about it.
import { useMemo } from "react";
import { useStore } from "zustand";
import { lookupIn } from "@/catalogue/store";
import { draftAt, ROOT } from "@/document/types";
import { Choose } from "@/shell/controls/Choose";
import { Dialog } from "@/shell/Dialog";
import { useApp, useT } from "@/shell/hooks";
import type { OverlayProps } from "@/shell/overlays";
import type { Tab } from "@/workspace/tabs";
import { type MissingFile, missingIn, type PlaceOf } from "./missing";
import "./files.css";

interface Props extends OverlayProps {
  readonly tab: Tab;
}

export function MissingDialog({ tab, onClose }: Props) {
  const app = useApp();
  const t = useT();
  const doc = useStore(tab.document.state, (state) => state.doc);
  const catalogue = useStore(app.catalogue);
  const { types, files } = useMemo(() => missingIn(doc, lookupIn(catalogue)), [doc, catalogue]);
  const show = (places: readonly PlaceOf[]) => {
    const place = places.find((each) => each.scope === ROOT);
    onClose();
    if (place !== undefined) app.canvas?.goTo(place.node);
  };
  const replace = (file: MissingFile, name: string) =>
    tab.document.edit(t("files.replaced", { name }), (draft) => {
      for (const { scope, node, input } of file.places) {
        const found = draftAt(draft, scope).graph[node];
        if (found !== undefined && input !== undefined) found.inputs[input] = name;
      }
    });
  const isRoot = (places: readonly PlaceOf[]) => places.some((each) => each.scope === ROOT);
  return (
    <Dialog
      title={t("files.missingTitle")}
      description={t("files.missingHint")}
      onClose={onClose}
      actions={
        <button type="button" className="button" data-kind="primary" onClick={onClose}>
          {t("files.ok")}
        </button>
      }
    >
      {types.length + files.length === 0 && <p className="panel-nothing">{t("files.nothingMissing")}</p>}
      {types.length > 0 && (
        <section className="files-notes" data-severity="error">
          <h3>{t("files.missingTypes")}</h3>
          <ul>
            {types.map(({ type, places }) => (
              <li key={type}>
                <span>
                  <code>{type}</code> <small>{t("files.times", { count: places.length })}</small>
                </span>
                {isRoot(places) && (
                  <button type="button" className="button" data-kind="quiet" onClick={() => show(places)}>
                    {t("run.showNode")}
                  </button>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      {files.length > 0 && (
        <section className="files-notes" data-severity="warning">
          <h3>{t("files.missingFiles")}</h3>
          <ul>
            {files.map((file) => (
              <li key={`${file.folder}/${file.name}`}>
                <span>
                  <code>{file.name}</code> <small>{t("files.inFolder", { folder: file.folder })}</small>
                </span>
                {file.choices.length > 0 && (
                  <Choose
                    choices={file.choices.map((name) => ({ value: name, label: name }))}
                    value={undefined}
                    onChoose={(value) => replace(file, String(value))}
                    searchLabel={t("files.useInstead")}
                    emptyText={t("history.noHits")}
                  >
                    <button type="button" className="button">
                      {t("files.useInstead")}
                    </button>
                  </Choose>
                )}
                {isRoot(file.places) && (
                  <button
                    type="button"
                    className="button"
                    data-kind="quiet"
                    onClick={() => show(file.places)}
                  >
                    {t("run.showNode")}
                  </button>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
    </Dialog>
  );
}
