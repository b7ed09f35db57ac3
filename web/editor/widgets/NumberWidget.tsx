// A number: drag to change it (Shift is ten times as fast, Alt a tenth), or click and type, expressions too.
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState, type WheelEvent } from "react";
import { type Numeric, numeric, readNumber, showNumber, stepped } from "./numbers";
import type { WidgetProps } from "./types";

const PX_PER_STEP = 4;
const DRAG_PX = 3;

export function NumberWidget({ input, value, change, settle, label, problem }: WidgetProps) {
  const { schema } = input;
  const current = numeric(value);
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const field = useRef<HTMLInputElement>(null);
  const scrub = useRef<{ x: number; start: Numeric; isGoing: boolean } | undefined>(undefined);
  useWheelWhenFocused(
    field,
    (notches) => current !== undefined && change(stepped(current, notches, schema), true),
  );

  const commit = () => {
    if (draft === undefined) return;
    const read = readNumber(draft, schema);
    if (read !== undefined && read !== current) change(read);
    setDraft(undefined);
    settle();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const isUp = event.key === "ArrowUp";
    if (event.key === "Enter") {
      commit();
      field.current?.select();
    } else if (event.key === "Escape") setDraft(undefined);
    else if ((isUp || event.key === "ArrowDown") && current !== undefined) {
      event.preventDefault();
      const size = event.shiftKey ? 10 : event.altKey ? 0.1 : 1;
      setDraft(undefined);
      change(stepped(current, isUp ? size : -size, schema), true);
    }
  };
  const onPointerDown = (event: PointerEvent<HTMLInputElement>) => {
    if (event.button !== 0 || document.activeElement === field.current) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      if (schema.default !== undefined) change(schema.default);
      return;
    }
    event.preventDefault(); // no focus yet: this may be a drag
    scrub.current = { x: event.clientX, start: current ?? 0, isGoing: false };
    field.current?.setPointerCapture(event.pointerId);
  };
  const onPointerMove = (event: PointerEvent<HTMLInputElement>) => {
    const state = scrub.current;
    if (state === undefined) return;
    const distance = event.clientX - state.x;
    if (!state.isGoing && Math.abs(distance) < DRAG_PX) return;
    state.isGoing = true;
    const size = event.shiftKey ? 10 : event.altKey ? 0.1 : 1;
    change(stepped(state.start, Math.round(distance / PX_PER_STEP) * size, schema), true);
  };
  const onPointerUp = (event: PointerEvent<HTMLInputElement>) => {
    const state = scrub.current;
    scrub.current = undefined;
    field.current?.releasePointerCapture(event.pointerId);
    if (state === undefined) return;
    if (state.isGoing) settle();
    else field.current?.focus();
  };
  return (
    <input
      ref={field}
      className="widget-field widget-number"
      type="text"
      inputMode={schema.type === "integer" ? "numeric" : "decimal"}
      role="spinbutton"
      aria-label={label}
      aria-valuenow={current === undefined ? undefined : Number(current)}
      aria-valuemin={schema.minimum}
      aria-valuemax={schema.maximum}
      aria-invalid={problem !== undefined}
      spellCheck={false}
      autoComplete="off"
      title={limitsOf(schema.minimum, schema.maximum)}
      value={draft ?? showNumber(current, schema)}
      onFocus={(event) => event.target.select()}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={commit}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onDoubleClick={() => field.current?.select()}
    />
  );
}

/** Calls back for each notch of the wheel while the element has the focus; never by accident while somebody pans. */
export function useWheelWhenFocused(
  field: { readonly current: HTMLElement | null },
  turn: (notches: number) => void,
): void {
  const latest = useRef(turn);
  latest.current = turn;
  useEffect(() => {
    const element = field.current;
    const listen = (event: Event) => {
      if (document.activeElement !== element) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current((event as unknown as WheelEvent).deltaY < 0 ? 1 : -1);
    };
    element?.addEventListener("wheel", listen, { passive: false });
    return () => element?.removeEventListener("wheel", listen);
  }, [field]);
}

function limitsOf(minimum: number | undefined, maximum: number | undefined): string | undefined {
  if (minimum === undefined && maximum === undefined) return undefined;
  const show = (value: number | undefined) =>
    value === undefined ? "…" : value >= 1e15 ? "2⁶⁴" : String(value);
  return `${show(minimum)} – ${show(maximum)}`;
}
