// A seed: its number, a new one by chance, and what becomes of it after each run.
import { Dices, Lock, Minus, Plus, Shuffle } from "lucide-react";
import type { AfterRun } from "@/document/types";
import { useT } from "@/shell/hooks";
import { NumberWidget } from "./NumberWidget";
import { randomSeed } from "./seeds";
import type { WidgetProps } from "./types";

export interface SeedProps extends WidgetProps {
  readonly afterRun: AfterRun;
  readonly setAfterRun: (habit: AfterRun) => void;
}

const NEXT: Readonly<Record<AfterRun, AfterRun>> = {
  fixed: "randomize",
  randomize: "increment",
  increment: "decrement",
  decrement: "fixed",
};
const ICONS = { fixed: Lock, randomize: Shuffle, increment: Plus, decrement: Minus };

export function SeedWidget(props: SeedProps) {
  const t = useT();
  const Icon = ICONS[props.afterRun];
  const habit = t(`node.after_${props.afterRun}`);
  return (
    <div className="widget-seed">
      <NumberWidget {...props} />
      <button
        type="button"
        className="widget-icon"
        aria-label={t("node.newSeed")}
        title={t("node.newSeed")}
        onClick={() => props.change(randomSeed(props.input.schema))}
      >
        <Dices size={14} />
      </button>
      <button
        type="button"
        className="widget-icon"
        data-on={props.afterRun !== "fixed"}
        aria-label={habit}
        title={habit}
        onClick={() => props.setAfterRun(NEXT[props.afterRun])}
      >
        <Icon size={14} />
      </button>
    </div>
  );
}
