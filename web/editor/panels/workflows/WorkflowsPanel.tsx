// Saved workflows with their versions, templates with pictures, and files.
import { ChevronRight, Ellipsis, FilePlus, FolderOpen, Save } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import {
  archiveWorkflow,
  getWorkflow,
  listTemplates,
  listWorkflows,
  type SavedWorkflow,
  saveWorkflow,
  type Template,
} from "@/api/workflows";
import { openSaved, openTemplate } from "@/files/opening";
import { useApp, useT } from "@/shell/hooks";
import "../shared/panel.css";
import { useServer } from "../shared/useServer";
import { Versions } from "./Versions";
import "./workflows.css";

const MANY = 8;

export default function WorkflowsPanel() {
  const app = useApp();
  const t = useT();
  const saved = useServer(listSaved);
  const templates = useServer(listTemplates);
  const [query, setQuery] = useState("");
  const [opened, setOpened] = useState<string>();
  const told = (work: Promise<unknown>) =>
    work.catch((error: unknown) =>
      app.toasts.show("error", error instanceof Error ? error.message : String(error)),
    );
  const archive = async (name: string) => {
    await archiveWorkflow(name);
    saved.again();
    app.toasts.show("info", t("files.archived", { name }), {
      action: { label: t("files.undo"), run: () => void told(bringBack(name).then(saved.again)) },
    });
  };
  const all = saved.data ?? [];
  const shown = all.filter((each) => each.name.toLowerCase().includes(query.toLowerCase()));
  return (
    <div className="panel-column">
      <div className="panel-tools">
        <button
          type="button"
          className="button"
          onClick={() => app.commands.run("file.new")}
          title={t("files.new")}
          aria-label={t("files.new")}
        >
          <FilePlus size={15} aria-hidden />
        </button>
        <button
          type="button"
          className="button"
          onClick={() => app.commands.run("file.open")}
          title={t("files.openHint")}
        >
          <FolderOpen size={15} aria-hidden />
          {t("files.openShort")}
        </button>
        <button type="button" className="button" onClick={() => app.commands.run("file.save")}>
          <Save size={15} aria-hidden />
          {t("files.save")}
        </button>
      </div>
      <div className="panel-scroll" data-scrolls>
        <h3 className="panel-heading">{t("files.mine")}</h3>
        {saved.problem !== undefined && <p className="panel-problem">{saved.problem}</p>}
        {all.length > MANY && (
          <input
            className="field"
            type="search"
            placeholder={t("files.searchSaved")}
            aria-label={t("files.searchSaved")}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
        )}
        {saved.data !== undefined && all.length === 0 && (
          <p className="panel-nothing">{t("files.noneSaved")}</p>
        )}
        <ul className="saved-list">
          {shown.map((each) => (
            <SavedItem
              key={each.name}
              workflow={each}
              isOpen={opened === each.name}
              onToggle={() => setOpened(opened === each.name ? undefined : each.name)}
              onOpen={() => void told(openSaved(app, each.name))}
              onArchive={() => void told(archive(each.name))}
              onRestored={saved.again}
            />
          ))}
        </ul>
        <h3 className="panel-heading">{t("files.template")}</h3>
        {templates.problem !== undefined && <p className="panel-problem">{templates.problem}</p>}
        {chapters(templates.data ?? []).map(([chapter, some]) => (
          <section key={chapter ?? ""}>
            <h4 className="template-chapter">{chapter ?? t("files.ownModels")}</h4>
            <ul className="template-list">
              {some.map((each) => (
                <TemplateCard
                  key={each.name}
                  template={each}
                  onOpen={() => void told(openTemplate(app, each.name))}
                />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </div>
  );
}

const listSaved = () => listWorkflows();

/** Templates under their headings, in the order of the server. */
function chapters(templates: readonly Template[]): [string | null, Template[]][] {
  const found = new Map<string | null, Template[]>();
  for (const each of templates) found.set(each.chapter, [...(found.get(each.chapter) ?? []), each]);
  return [...found];
}

/** Saving brings back what was put away. */
async function bringBack(name: string): Promise<void> {
  const { workflow } = await getWorkflow(name);
  await saveWorkflow(name, workflow, undefined);
}

interface ItemProps {
  readonly workflow: SavedWorkflow;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  readonly onOpen: () => void;
  readonly onArchive: () => void;
  readonly onRestored: () => void;
}

function SavedItem({ workflow, isOpen, onToggle, onOpen, onArchive, onRestored }: ItemProps) {
  const t = useT();
  return (
    <li className="saved-item">
      <div className="saved-row">
        <button
          type="button"
          className="icon-button"
          aria-expanded={isOpen}
          aria-label={`${t("files.versions")}: ${workflow.name}`}
          title={t("files.versions")}
          onClick={onToggle}
        >
          <ChevronRight size={14} />
        </button>
        <button type="button" className="saved-name" onClick={onOpen}>
          <span>{workflow.name}</span>
          <time dateTime={workflow.updated_at}>{day(workflow.updated_at)}</time>
        </button>
        <DropdownMenu.Root>
          <DropdownMenu.Trigger
            className="icon-button"
            aria-label={`${t("history.actions")}: ${workflow.name}`}
          >
            <Ellipsis size={14} />
          </DropdownMenu.Trigger>
          <DropdownMenu.Portal>
            <DropdownMenu.Content className="menu" align="end" sideOffset={4} data-keys="own">
              <DropdownMenu.Item className="menu-item" onSelect={onToggle}>
                {t("files.versions")}
              </DropdownMenu.Item>
              <DropdownMenu.Item className="menu-item" onSelect={onArchive}>
                {t("files.archive")}
              </DropdownMenu.Item>
            </DropdownMenu.Content>
          </DropdownMenu.Portal>
        </DropdownMenu.Root>
      </div>
      {isOpen && <Versions name={workflow.name} latest={workflow.latest} onRestored={onRestored} />}
    </li>
  );
}

function TemplateCard({ template, onOpen }: { readonly template: Template; readonly onOpen: () => void }) {
  const t = useT();
  const lacking = [
    ...template.missing_types,
    ...template.models.filter((each) => !each.is_here).map((each) => each.name),
  ];
  const models = template.models.map((each) => each.name).join(", ");
  return (
    <li>
      <button type="button" className="template-card" onClick={onOpen}>
        {template.thumbnail !== null && (
          <img className="template-picture" src={template.thumbnail} alt="" loading="lazy" />
        )}
        <span className="template-text">
          <strong>{template.title}</strong>
          <span>{template.description}</span>
          <small data-lacking={lacking.length > 0}>
            {lacking.length > 0
              ? t("files.lacks", { models: lacking.join(", ") })
              : `${t("files.nodes", { count: template.nodes })} · ${models}`}
          </small>
        </span>
      </button>
    </li>
  );
}

function day(time: string): string {
  return new Date(time).toLocaleDateString(undefined, { day: "numeric", month: "short" });
}
