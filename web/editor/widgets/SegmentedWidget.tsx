// One of a few short choices, all in sight.
import type { WidgetProps } from "./types";

export function SegmentedWidget({ input, value, change, label }: WidgetProps) {
  const choices = input.schema.enum ?? [];
  const at = choices.indexOf(value ?? null);
  const go = (step: number) => {
    const next = choices[(at + step + choices.length) % choices.length];
    if (next !== undefined) change(next);
  };
  return (
    <div
      className="widget-segments"
      role="radiogroup"
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key === "ArrowRight") go(1);
        if (event.key === "ArrowLeft") go(-1);
      }}
    >
      {choices.map((choice) => (
        // biome-ignore lint/a11y/useSemanticElements: radio inputs cannot be styled as segments
        <button
          type="button"
          role="radio"
          key={String(choice)}
          aria-checked={choice === value}
          tabIndex={choice === value || (at < 0 && choice === choices[0]) ? 0 : -1}
          onClick={() => change(choice)}
        >
          {String(choice)}
        </button>
      ))}
    </div>
  );
}
