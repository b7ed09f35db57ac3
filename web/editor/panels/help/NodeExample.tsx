// Opens a small graph that shows a node at work, asked of the server when somebody wants to see it.
import { useState } from "react";
import { getNodeExample } from "@/api/catalogue";
import { openJson } from "@/files/opening";
import { useApp, useT } from "@/shell/hooks";

export function NodeExample({ type, title }: { readonly type: string; readonly title: string }) {
  const app = useApp();
  const t = useT();
  const [isThere, setIsThere] = useState(true);
  if (!isThere) return null;
  const open = () =>
    getNodeExample(type).then(
      ({ workflow }) => openJson(app, title, workflow),
      (error: unknown) => {
        setIsThere(false);
        app.toasts.show("info", error instanceof Error ? error.message : String(error));
      },
    );
  return (
    <button type="button" className="help-link" onClick={() => void open()}>
      {t("help.openExample")}
    </button>
  );
}
