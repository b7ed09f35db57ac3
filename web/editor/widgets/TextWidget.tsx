// A long text such as a prompt. Ctrl+Up and Ctrl+Down change the weight of the selected words.
import { type KeyboardEvent, useRef } from "react";
import type { WidgetProps } from "./types";
import { weighted } from "./weights";

export function TextWidget({ value, change, settle, label, problem }: WidgetProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const text = value === undefined || value === null ? "" : String(value);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const isUp = event.key === "ArrowUp";
    if (
      !(event.ctrlKey || event.metaKey) ||
      event.altKey ||
      event.shiftKey ||
      !(isUp || event.key === "ArrowDown")
    )
      return;
    event.preventDefault();
    const { selectionStart, selectionEnd } = event.currentTarget;
    const next = weighted(text, selectionStart, selectionEnd, isUp ? 0.1 : -0.1);
    change(next.text, true);
    requestAnimationFrame(() => area.current?.setSelectionRange(next.start, next.end));
  };
  return (
    <textarea
      ref={area}
      className="widget-field widget-text"
      aria-label={label}
      aria-invalid={problem !== undefined}
      placeholder={label}
      spellCheck={false}
      value={text}
      onChange={(event) => change(event.target.value, true)}
      onKeyDown={onKeyDown}
      onBlur={settle}
    />
  );
}
