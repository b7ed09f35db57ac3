// Asks for a name; says when there is a workflow of that name, and that saving adds a version instead of overwriting.
import { type SyntheticEvent, useEffect, useState } from "react";
import { isStale, isWorkflowName } from "@/api/workflows";
import { Dialog } from "@/shell/Dialog";
import { useApp, useT } from "@/shell/hooks";
import type { OverlayProps } from "@/shell/overlays";
import type { Tab } from "@/workspace/tabs";
import { nameFrom, saveUnder, takenNames } from "./saving";
import "./files.css";

interface Props extends OverlayProps {
  readonly tab: Tab;
  /** The version that somebody else saved meanwhile, if that is why it is asked. */
  readonly latest: number | undefined;
}

export function SaveDialog({ tab, latest: newer, onClose }: Props) {
  const app = useApp();
  const t = useT();
  const [name, setName] = useState(tab.file?.name ?? nameFrom(tab.title));
  const [note, setNote] = useState("");
  const [taken, setTaken] = useState<ReadonlyMap<string, number>>(new Map());
  const [problem, setProblem] = useState<string>();
  const isGood = isWorkflowName(name);
  const isOwnStale = newer !== undefined && name === tab.file?.name;
  const latest = taken.get(name) ?? (isOwnStale ? newer : undefined);
  useEffect(() => {
    takenNames().then(setTaken, () => undefined); // saving will tell
  }, []);
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (!isGood) return;
    try {
      await saveUnder(app, tab, name, latest ?? 0, note);
      onClose();
    } catch (error) {
      if (isStale(error)) setTaken(new Map([...taken, [name, Number(error.details.latest)]]));
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Dialog
      title={t("files.saveTitle")}
      size="small"
      onClose={onClose}
      actions={
        <>
          <button type="button" className="button" onClick={onClose}>
            {t("files.cancel")}
          </button>
          <button type="submit" form="save-form" className="button" data-kind="primary" disabled={!isGood}>
            {latest === undefined ? t("files.save") : t("files.addVersion")}
          </button>
        </>
      }
    >
      <form id="save-form" className="files-form" onSubmit={(event) => void submit(event)}>
        {isOwnStale && (
          <p className="files-hint" data-severity="warning">
            {t("files.stale", { version: newer })}
          </p>
        )}
        <label>
          {t("files.name")}
          <input
            className="field"
            autoFocus
            value={name}
            onChange={(event) => setName(event.target.value)}
            onFocus={(event) => event.target.select()}
            aria-invalid={!isGood}
            maxLength={128}
          />
        </label>
        {!isGood && (
          <p className="files-hint" data-severity="error">
            {t("files.badName")}
          </p>
        )}
        {isGood && latest !== undefined && !isOwnStale && (
          <p className="files-hint">{t("files.taken", { version: latest })}</p>
        )}
        <label>
          {t("files.note")}
          <input
            className="field"
            value={note}
            onChange={(event) => setNote(event.target.value)}
            maxLength={2000}
          />
        </label>
        {problem !== undefined && (
          <p className="files-hint" data-severity="error" role="alert">
            {problem}
          </p>
        )}
      </form>
    </Dialog>
  );
}
