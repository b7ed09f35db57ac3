// Where the browser begins: asks whether it may, loads the node types, shows the editor.
import { setNonce } from "get-nonce";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { session } from "@/api/client";
import type { App } from "@/app";
import { buildApp, loadCatalogue } from "@/boot";
import { EditorApp } from "@/shell/App";
import { Gate } from "@/shell/Gate";
import "@/theme/tokens.css";
import "@/theme/base.css";
import "@/shell/controls/controls.css";
import "@/widgets/widgets.css";

const nonce = document.querySelector<HTMLMetaElement>("meta[name=style-nonce]")?.content;
if (nonce) setNonce(nonce);

const storage = storageOrNone();
const { app, setTranslate } = buildApp(storage);

function Start() {
  const [state, setState] = useState<"asking" | "closed" | "open">("asking");
  useEffect(() => {
    void enter().then((isOpen) => setState(isOpen ? "open" : "closed"));
  }, []);
  if (state === "asking") return null;
  if (state === "closed")
    return (
      <Gate
        app={app}
        onOpen={() => {
          begin(app);
          setState("open");
        }}
      />
    );
  return <EditorApp app={app} setTranslate={setTranslate} />;
}

/** Whether this browser may use the server; a token in the address is used up. */
async function enter(): Promise<boolean> {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? undefined;
  if (token !== undefined) history.replaceState(null, "", location.pathname);
  try {
    if (!(await session(token).catch(() => session()))) return false;
  } catch {
    return false;
  }
  begin(app);
  return true;
}

/** Connect and load the node types. What is opened first is the work of a service (files/autosave.ts). */
function begin(opened: App): void {
  opened.runner.reconnect();
  loadCatalogue(opened, storage).catch(() => {
    opened.toasts.show("error", opened.t("app.catalogueFailed"), {
      detail: opened.catalogue.getState().problem,
      action: { label: opened.t("app.tryAgain"), run: () => begin(opened) },
    });
  });
}

function storageOrNone(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(<Start />);
}
