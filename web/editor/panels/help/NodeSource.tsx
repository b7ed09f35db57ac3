// How a node is declared, asked of the server when somebody wants to see it.
import { useState } from "react";
import { getNodeSource, type NodeSourceReply } from "@/api/catalogue";
import { useApp, useT } from "@/shell/hooks";

export function NodeSource({ type }: { readonly type: string }) {
  const app = useApp();
  const t = useT();
  const [found, setFound] = useState<NodeSourceReply | "none" | undefined>(undefined);
  const show = () =>
    getNodeSource(type).then(setFound, (error: unknown) => {
      setFound("none");
      app.toasts.show("info", error instanceof Error ? error.message : String(error));
    });
  if (found === "none") return null;
  if (found === undefined)
    return (
      <button type="button" className="help-link" onClick={() => void show()}>
        {t("help.showSource")}
      </button>
    );
  return (
    <figure className="help-figure">
      <figcaption>{t("help.sourceAt", { file: found.file, line: found.line })}</figcaption>
      <pre className="help-code">{found.text}</pre>
    </figure>
  );
}
