// A value of a kind that nobody knows: shown as JSON, changed as JSON.
import { useState } from "react";
import { parseJson, writeJson } from "@/document/json";
import type { WidgetProps } from "./types";

export function JsonWidget({ value, change, label, problem }: WidgetProps) {
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const [isWrong, setWrong] = useState(false);
  const commit = () => {
    if (draft === undefined) return;
    try {
      change(parseJson(draft));
      setDraft(undefined);
      setWrong(false);
    } catch {
      setWrong(true);
    }
  };
  return (
    <input
      className="widget-field widget-json"
      type="text"
      aria-label={label}
      aria-invalid={isWrong || problem !== undefined}
      spellCheck={false}
      value={draft ?? (value === undefined ? "" : writeJson(value))}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={commit}
    />
  );
}
