// Asks for the token of the server.
import { type FormEvent, useState } from "react";
import { session } from "@/api/client";
import { ApiError } from "@/api/http";
import type { App } from "@/app";

export function Gate({ app, onOpen }: { readonly app: App; readonly onOpen: () => void }) {
  const { t } = app;
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState("");
  const show = async (event: FormEvent) => {
    event.preventDefault();
    try {
      if (await session(token)) onOpen();
      else setProblem(t("app.tokenWrong"));
    } catch (error) {
      setProblem(error instanceof ApiError ? error.message : t("app.serverMissing"));
    }
  };
  return (
    <main className="gate">
      <form onSubmit={(event) => void show(event)}>
        <h1>{t("app.tokenTitle")}</h1>
        <p>{t("app.tokenHelp")}</p>
        <label>
          {t("app.token")}
          <input
            className="field"
            type="password"
            autoComplete="current-password"
            value={token}
            onChange={(event) => setToken(event.target.value)}
            required
          />
        </label>
        <button type="submit" className="button" data-kind="primary">
          {t("app.open")}
        </button>
        <p role="alert">{problem}</p>
      </form>
    </main>
  );
}
