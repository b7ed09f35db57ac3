// One of many choices: a button with a list that can be searched.
import { ChevronsUpDown, TriangleAlert } from "lucide-react";
import { Choose } from "@/shell/controls/Choose";
import { useT } from "@/shell/hooks";
import type { WidgetProps } from "./types";

export function SelectWidget({ input, value, change, label, problem }: WidgetProps) {
  const t = useT();
  const choices = input.schema.enum ?? [];
  const shown = value === undefined ? "" : String(value);
  // Pictures that were just uploaded are in no list yet: what is missing of them the server says.
  const isListed = input.schema["x-files"] !== "input";
  const isMissing = isListed && value !== undefined && !choices.includes(value);
  return (
    <Choose
      choices={choices.map((each) => ({ value: each, label: String(each) }))}
      value={value}
      onChoose={(choice) => change(choice)}
      searchLabel={t("node.searchChoices", { input: label })}
      emptyText={choices.length === 0 ? t("node.noChoices") : t("node.noHits")}
    >
      <button
        type="button"
        className="widget-field widget-select"
        aria-label={`${label}: ${shown}`}
        aria-invalid={problem !== undefined || isMissing}
        title={isMissing ? t("node.notThere", { name: shown }) : shown}
      >
        {isMissing && <TriangleAlert size={13} className="widget-warning" />}
        <span className="widget-value">{shown || t("node.choose")}</span>
        <ChevronsUpDown size={13} aria-hidden />
      </button>
    </Choose>
  );
}
