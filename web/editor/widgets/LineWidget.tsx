// A short text.
import type { WidgetProps } from "./types";

export function LineWidget({ value, change, settle, label, problem }: WidgetProps) {
  return (
    <input
      className="widget-field"
      type="text"
      aria-label={label}
      aria-invalid={problem !== undefined}
      spellCheck={false}
      value={value === undefined || value === null ? "" : String(value)}
      onChange={(event) => change(event.target.value, true)}
      onBlur={settle}
    />
  );
}
