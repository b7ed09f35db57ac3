// Chosen inputs of the graph as a form: the same values, the same undo, without nodes and links.
import { Check, ChevronDown, ChevronUp, ListChecks, Play, Sparkles, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { viewUrl } from "@/api/client";
import { inputsOf, typeOfNode } from "@/catalogue/nodeTypes";
import { lookupIn } from "@/catalogue/store";
import { isLink, ROOT, titleOf } from "@/document/types";
import {
  addToForm,
  type FormEntry,
  formEntries,
  inputInForm,
  moveInForm,
  nameInForm,
  removeFromForm,
  renameInForm,
  usualInputs,
} from "@/graphEdits/parameters";
import { ScopeContext, useApp, useDocument, useRun, useT, useTab } from "@/shell/hooks";
import { InputWidget } from "@/widgets/InputWidget";
import "../shared/panel.css";
import "./form.css";

export default function FormPanel() {
  return (
    <ScopeContext value={ROOT}>
      <Form />
    </ScopeContext>
  );
}

function Form() {
  const app = useApp();
  const t = useT();
  const tab = useTab();
  const doc = useDocument((state) => state.doc);
  const [isChoosing, setChoosing] = useState(false);
  const entries = formEntries(doc);
  const suggest = () =>
    tab.document.edit(t("form.suggest"), (draft) => {
      for (const { node, input, label } of usualInputs(doc, lookupIn(app.catalogue.getState())))
        addToForm(draft, node, input, { label });
    });
  return (
    <div className="panel-column">
      <div className="panel-tools form-tools">
        <button
          type="button"
          className="button"
          aria-pressed={isChoosing}
          onClick={() => setChoosing(!isChoosing)}
        >
          {isChoosing ? <Check size={15} aria-hidden /> : <ListChecks size={15} aria-hidden />}
          {t(isChoosing ? "form.done" : "form.choose")}
        </button>
        <RunButton />
      </div>
      <div className="panel-scroll" data-scrolls>
        {entries.length === 0 && !isChoosing && (
          <div className="panel-nothing">
            <p>{t("form.empty")}</p>
            <button type="button" className="button" data-kind="primary" onClick={suggest}>
              <Sparkles size={15} aria-hidden />
              {t("form.suggest")}
            </button>
          </div>
        )}
        {entries.map((entry, at) => (
          <Entry
            key={entry.name}
            entry={entry}
            isEditing={isChoosing}
            isFirst={at === 0}
            isLast={at === entries.length - 1}
          />
        ))}
        {isChoosing ? <Chooser /> : <Results />}
      </div>
    </div>
  );
}

function RunButton() {
  const app = useApp();
  const t = useT();
  const tab = useTab();
  const pending = useStore(tab.run, (state) => state.pending.length);
  return (
    <button
      type="button"
      className="button form-run"
      data-kind="primary"
      onClick={() => app.commands.run("run.queue")}
    >
      <Play size={15} aria-hidden />
      {pending > 0 ? t("run.waiting", { count: pending }) : t("form.run")}
    </button>
  );
}

interface EntryProps {
  readonly entry: FormEntry;
  readonly isEditing: boolean;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

function Entry({ entry, isEditing, isFirst, isLast }: EntryProps) {
  const app = useApp();
  const t = useT();
  const tab = useTab();
  const { name, parameter } = entry;
  const { doc } = tab.document;
  const input = inputInForm(doc, parameter, lookupIn(app.catalogue.getState()));
  const isLinked = isLink(doc.graph[parameter.node]?.inputs[parameter.input]);
  const help = parameter.help || input?.help;
  const [label, setLabel] = useState(name);
  useEffect(() => setLabel(name), [name]);
  const rename = () =>
    label.trim() !== name &&
    tab.document.edit(t("form.rename"), (draft) => renameInForm(draft, name, label.trim()));
  return (
    <div className="form-entry" data-kind={input?.widget ?? "none"}>
      {isEditing ? (
        <div className="form-editing">
          <input
            className="field"
            aria-label={t("form.nameOf", { name })}
            value={label}
            onChange={(event) => setLabel(event.target.value)}
            onBlur={rename}
            onKeyDown={(event) => event.key === "Enter" && rename()}
          />
          <button
            type="button"
            className="icon-button"
            disabled={isFirst}
            aria-label={t("subgraph.up", { name })}
            onClick={() => tab.document.edit(t("form.reorder"), (draft) => moveInForm(draft, name, -1))}
          >
            <ChevronUp size={15} />
          </button>
          <button
            type="button"
            className="icon-button"
            disabled={isLast}
            aria-label={t("subgraph.down", { name })}
            onClick={() => tab.document.edit(t("form.reorder"), (draft) => moveInForm(draft, name, 1))}
          >
            <ChevronDown size={15} />
          </button>
          <button
            type="button"
            className="icon-button"
            aria-label={t("form.remove", { name })}
            onClick={() => tab.document.edit(t("form.removed"), (draft) => removeFromForm(draft, name))}
          >
            <X size={15} />
          </button>
        </div>
      ) : (
        <>
          <span className="form-label" title={help || undefined}>
            {name}
          </span>
          {input === undefined || isLinked ? (
            <span className="form-gone">{t(input === undefined ? "form.gone" : "form.linked")}</span>
          ) : (
            <InputWidget node={parameter.node} input={input} label={name} />
          )}
          {parameter.help && <small className="form-help">{parameter.help}</small>}
        </>
      )}
    </div>
  );
}

/** Every widget of the graph, to be put into the form or taken out. */
function Chooser() {
  const app = useApp();
  const t = useT();
  const tab = useTab();
  const doc = useDocument((state) => state.doc);
  const lookup = lookupIn(app.catalogue.getState());
  return (
    <>
      <h3 className="panel-heading">{t("form.all")}</h3>
      {Object.entries(doc.graph).map(([id, node]) => {
        const type = typeOfNode(node, doc, lookup);
        const title = titleOf(node, type.title);
        const inputs = inputsOf(type, node).filter(
          (each) => each.widget !== "none" && !isLink(node.inputs[each.name]),
        );
        if (inputs.length === 0) return null;
        return (
          <fieldset key={id} className="form-node">
            <legend>{title}</legend>
            {inputs.map(({ name }) => {
              const there = nameInForm(doc, id, name);
              return (
                <label key={name}>
                  <input
                    type="checkbox"
                    checked={there !== undefined}
                    onChange={() =>
                      tab.document.edit(t(there === undefined ? "form.added" : "form.removed"), (draft) => {
                        if (there === undefined)
                          addToForm(draft, id, name, { label: name.replaceAll("_", " "), nodeTitle: title });
                        else removeFromForm(draft, there);
                      })
                    }
                  />
                  {name.replaceAll("_", " ")}
                </label>
              );
            })}
          </fieldset>
        );
      })}
    </>
  );
}

const PICTURE = /\.(png|jpe?g|webp|gif|avif)$/i;
const MOST = 12;

/** What the latest run made, and how far the one that goes on is. */
function Results() {
  const app = useApp();
  const t = useT();
  const outputs = useRun((state) => state.outputs);
  const running = useRun((state) => Object.values(state.nodes).find((each) => each.status === "running"));
  const files = Object.entries(outputs).flatMap(([node, all]) =>
    all.map((file, index) => ({ node, file, index, all })).filter(({ file }) => PICTURE.test(file.filename)),
  );
  if (files.length === 0 && running === undefined) return null;
  return (
    <section aria-label={t("form.results")}>
      <h3 className="panel-heading">{t("form.results")}</h3>
      {running !== undefined && (
        <progress
          className="form-progress"
          value={running.value}
          max={running.maximum}
          aria-label={t("run.running")}
        />
      )}
      <div className="form-pictures">
        {files.slice(-MOST).map(({ node, file, index, all }) => (
          <button
            type="button"
            key={`${file.type}/${file.subfolder}/${file.filename}`}
            onClick={() => app.openPicture?.(all, index, node)}
          >
            <img src={viewUrl(file, 85, 512)} alt={file.filename} decoding="async" draggable={false} />
          </button>
        ))}
      </div>
    </section>
  );
}
