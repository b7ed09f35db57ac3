// Models and pictures of the server by folder: drag them onto the canvas, or press Enter.
import { useMemo, useState } from "react";
import { useStore } from "zustand";
import { inputFile, viewUrl } from "@/api/client";
import { filesByFolder, type ModelFile } from "@/graphEdits/modelFiles";
import { useApp, useT } from "@/shell/hooks";
import "../shared/panel.css";
import { carry, putFile } from "./dragging";
import "./models.css";

/** More are found by typing. */
const MOST_SHOWN = 100;
const PICTURES = "input";

export default function ModelsPanel() {
  const app = useApp();
  const t = useT();
  const { types } = useStore(app.catalogue);
  const folders = useMemo(() => [...filesByFolder(types.values())], [types]);
  const [query, setQuery] = useState("");
  const wanted = query.trim().toLowerCase();
  const found = folders.flatMap(([folder, names]) => {
    const hits = names.filter((name) => name.toLowerCase().includes(wanted));
    return hits.length === 0 ? [] : [{ folder, hits }];
  });
  return (
    <div className="panel-column">
      <div className="panel-tools">
        <input
          className="field"
          type="search"
          placeholder={t("models.search")}
          aria-label={t("models.search")}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <div className="panel-scroll">
        {found.length === 0 && <p className="panel-nothing">{t("models.nothing")}</p>}
        {found.map(({ folder, hits }) => (
          <details key={folder} className="models-folder" open={folder !== PICTURES || wanted !== ""}>
            <summary>
              {folder} <small>{hits.length}</small>
            </summary>
            {hits.slice(0, MOST_SHOWN).map((name) => (
              <File key={name} file={{ folder, name }} />
            ))}
            {hits.length > MOST_SHOWN && (
              <p className="models-more">{t("models.more", { count: hits.length - MOST_SHOWN })}</p>
            )}
          </details>
        ))}
      </div>
    </div>
  );
}

function File({ file }: { readonly file: ModelFile }) {
  const app = useApp();
  const t = useT();
  return (
    <button
      type="button"
      className="models-file"
      draggable
      title={t("models.hint", { name: file.name })}
      onDragStart={(event) => carry(event.dataTransfer, file)}
      onClick={() => putFile(app, file, app.canvas?.pointer() ?? [0, 0])}
    >
      {file.folder === PICTURES && (
        <img
          src={viewUrl(inputFile(file.name), 60, 64)}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
        />
      )}
      <span>{file.name}</span>
    </button>
  );
}
