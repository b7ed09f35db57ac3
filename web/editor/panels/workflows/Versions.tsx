// The versions of a saved workflow: what changed in each, to open or to bring back.
import { useState } from "react";
import { getWorkflow, listVersions, type SavedVersion, saveWorkflow } from "@/api/workflows";
import { openSaved } from "@/files/opening";
import { useApp, useT } from "@/shell/hooks";
import { useServer } from "../shared/useServer";
import { Changes } from "./Changes";

export function Versions({
  name,
  latest,
  onRestored,
}: {
  readonly name: string;
  readonly latest: number;
  readonly onRestored: () => void;
}) {
  const app = useApp();
  const t = useT();
  const [ask] = useState(() => () => listVersions(name));
  const { data, again } = useServer(ask);
  const [compared, setCompared] = useState<number>();
  const told = (work: Promise<unknown>) =>
    work.catch((error: unknown) =>
      app.toasts.show("error", error instanceof Error ? error.message : String(error)),
    );
  const restore = async ({ version }: SavedVersion) => {
    const { workflow } = await getWorkflow(name, version);
    await saveWorkflow(name, workflow, data?.[0]?.version, t("files.restoredNote", { version }));
    app.toasts.show("success", t("files.restored", { version }));
    again();
    onRestored();
  };
  return (
    <ol className="version-list">
      {(data ?? []).map((each) => (
        <li key={each.version}>
          <span>
            <strong>{t("files.version", { version: each.version })}</strong>
            <time dateTime={each.created_at}>{moment(each.created_at)}</time>
            {each.note !== "" && <em>{each.note}</em>}
          </span>
          <button
            type="button"
            className="button"
            data-kind="quiet"
            onClick={() => void told(openSaved(app, name, each.version))}
          >
            {t("files.openVersion")}
          </button>
          {each.version > 1 && (
            <button
              type="button"
              className="button"
              data-kind="quiet"
              aria-expanded={compared === each.version}
              onClick={() => setCompared(compared === each.version ? undefined : each.version)}
            >
              {t("files.changes")}
            </button>
          )}
          {each.version < (data?.[0]?.version ?? latest) && (
            <button
              type="button"
              className="button"
              data-kind="quiet"
              onClick={() => void told(restore(each))}
            >
              {t("files.restore")}
            </button>
          )}
          {compared === each.version && <Changes name={name} version={each.version} />}
        </li>
      ))}
    </ol>
  );
}

function moment(time: string): string {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
