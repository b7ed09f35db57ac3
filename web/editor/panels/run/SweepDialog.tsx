// Runs every combination of some inputs' values: chosen here, queued by the server, shown on one sheet.
import { Plus, X } from "lucide-react";
import { type SyntheticEvent, useState } from "react";
import { submitSweep } from "@/api/sweeps";
import { lookupIn } from "@/catalogue/store";
import type { Json } from "@/document/json";
import { Choose } from "@/shell/controls/Choose";
import { Dialog } from "@/shell/Dialog";
import { useApp, useT } from "@/shell/hooks";
import type { OverlayProps } from "@/shell/overlays";
import { openPanel } from "@/ui/store";
import type { Tab } from "@/workspace/tabs";
import { choicesOf, MOST_COMBINATIONS, readValues, type SweptInput, sweptInputs } from "./sweep";
import "./sweep.css";

const MOST_AXES = 8;

interface Axis {
  readonly input: SweptInput;
  readonly text: string;
  readonly chosen: readonly Json[];
}

interface Props extends OverlayProps {
  readonly tab: Tab;
}

export function SweepDialog({ tab, onClose }: Props) {
  const app = useApp();
  const t = useT();
  const [inputs] = useState(() => sweptInputs(tab.document.doc, lookupIn(app.catalogue.getState())));
  const [axes, setAxes] = useState<readonly Axis[]>([]);
  const [problem, setProblem] = useState<string>();
  const free = inputs.filter((each) => !axes.some(({ input }) => input.name === each.name));
  const counts = axes.map((axis) => valuesOf(axis)?.length ?? 0);
  const count = axes.length === 0 ? 0 : counts.reduce((all, each) => all * each, 1);
  const isGood = count > 0 && count <= MOST_COMBINATIONS;
  const add = (name: Json) => {
    const input = inputs.find((each) => each.name === name);
    if (input !== undefined) setAxes([...axes, freshAxis(input)]);
  };
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (!isGood) return;
    const chosen = Object.fromEntries(axes.map((axis) => [axis.input.name, valuesOf(axis) ?? []]));
    try {
      await submitSweep(tab.document.doc, chosen, tab.title);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
      return;
    }
    app.runner.live.setState(({ changes }) => ({ changes: changes + 1 }));
    app.toasts.show("success", t("run.sweepQueued", { count }), {
      action: { label: t("run.queuePanel"), run: () => openPanel(app.ui, "right", "queue") },
    });
    onClose();
  };
  return (
    <Dialog
      title={t("run.sweep")}
      description={t("run.sweepHint")}
      onClose={onClose}
      actions={
        <>
          <span className="sweep-count" role="status">
            {count > MOST_COMBINATIONS
              ? t("run.sweepTooMany", { count, most: MOST_COMBINATIONS })
              : t("run.sweepCount", { count })}
          </span>
          <button type="button" className="button" onClick={onClose}>
            {t("files.cancel")}
          </button>
          <button type="submit" form="sweep-form" className="button" data-kind="primary" disabled={!isGood}>
            {t("run.queue")}
          </button>
        </>
      }
    >
      <form id="sweep-form" className="sweep-form" onSubmit={(event) => void submit(event)}>
        {axes.map((axis, at) => (
          <AxisField
            key={axis.input.name}
            axis={axis}
            onChange={(next) => setAxes(axes.with(at, next))}
            onRemove={() => setAxes(axes.toSpliced(at, 1))}
          />
        ))}
        {free.length > 0 && axes.length < MOST_AXES && (
          <Choose
            choices={free.map(({ name, label }) => ({ value: name, label }))}
            value={undefined}
            searchLabel={t("run.sweepSearch")}
            emptyText={t("run.sweepNone")}
            onChoose={add}
          >
            <button type="button" className="button sweep-add">
              <Plus size={15} aria-hidden />
              {t("run.sweepAdd")}
            </button>
          </Choose>
        )}
        {problem !== undefined && (
          <p className="sweep-problem" role="alert">
            {problem}
          </p>
        )}
      </form>
    </Dialog>
  );
}

interface FieldProps {
  readonly axis: Axis;
  readonly onChange: (axis: Axis) => void;
  readonly onRemove: () => void;
}

function AxisField({ axis, onChange, onRemove }: FieldProps) {
  const t = useT();
  const { input, text, chosen } = axis;
  const choices = choicesOf(input.schema);
  const read = readValues(input.schema, text);
  const isNumber = input.schema.type === "integer" || input.schema.type === "number";
  return (
    <fieldset className="sweep-axis">
      <legend>{input.label}</legend>
      <button
        type="button"
        className="icon-button"
        aria-label={t("run.sweepRemove", { input: input.label })}
        onClick={onRemove}
      >
        <X size={15} />
      </button>
      {choices === undefined ? (
        <textarea
          className="field"
          rows={isNumber ? 1 : 3}
          aria-label={input.label}
          aria-invalid={"wrong" in read}
          placeholder={t(isNumber ? "run.sweepNumbers" : "run.sweepLines")}
          value={text}
          onChange={(event) => onChange({ ...axis, text: event.target.value })}
        />
      ) : (
        <div className="sweep-choices" data-scrolls>
          {choices.map((value) => (
            <label key={String(value)}>
              <input
                type="checkbox"
                checked={chosen.includes(value)}
                onChange={(event) =>
                  onChange({
                    ...axis,
                    chosen: choices.filter((each) =>
                      each === value ? event.target.checked : chosen.includes(each),
                    ),
                  })
                }
              />
              {String(value)}
            </label>
          ))}
        </div>
      )}
      {"wrong" in read && <p className="sweep-problem">{t("run.sweepWrong", { text: read.wrong })}</p>}
    </fieldset>
  );
}

/** An axis that holds the value that the input has now. */
function freshAxis(input: SweptInput): Axis {
  const { value } = input;
  if (choicesOf(input.schema) !== undefined)
    return { input, text: "", chosen: value === undefined ? [] : [value] };
  return { input, text: value === undefined || value === null ? "" : String(value), chosen: [] };
}

/** The values of an axis; undefined if one is wrong. */
function valuesOf({ input, text, chosen }: Axis): readonly Json[] | undefined {
  if (choicesOf(input.schema) !== undefined) return chosen;
  const read = readValues(input.schema, text);
  return "values" in read ? read.values : undefined;
}
