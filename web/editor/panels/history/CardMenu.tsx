// What can be done with something that was made.
import { Ellipsis } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { type Made, retryJob } from "@/api/jobs";
import { openJob } from "@/files/opening";
import { useApp, useT } from "@/shell/hooks";
import { sendToInput } from "@/viewer/actions";
import { reuseSeed } from "./reuse";

export function CardMenu({ made, onRemove }: { readonly made: Made; readonly onRemove: () => void }) {
  const app = useApp();
  const t = useT();
  const picture = made.files.find((file) => file.kind === "image");
  const told = (work: Promise<unknown>) =>
    work.catch((error: unknown) =>
      app.toasts.show("error", error instanceof Error ? error.message : String(error)),
    );
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger
        className="icon-button"
        aria-label={t("history.actions")}
        title={t("history.actions")}
      >
        <Ellipsis size={14} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu"
          align="end"
          sideOffset={4}
          collisionPadding={8}
          data-keys="own"
        >
          <DropdownMenu.Item
            className="menu-item"
            onSelect={() => void told(openJob(app, made.id, made.title))}
          >
            {t("history.open")}
          </DropdownMenu.Item>
          <DropdownMenu.Item
            className="menu-item"
            disabled={made.seeds.length === 0 || app.tab === undefined}
            onSelect={() => app.tab && void told(reuseSeed(app, app.tab, made.id))}
          >
            {t("history.reuseSeed")}
          </DropdownMenu.Item>
          {picture !== undefined && (
            <DropdownMenu.Item className="menu-item" onSelect={() => sendToInput(app, picture)}>
              {t("history.useAsInput")}
            </DropdownMenu.Item>
          )}
          <DropdownMenu.Item className="menu-item" onSelect={() => void told(retryJob(made.id))}>
            {t("history.again")}
          </DropdownMenu.Item>
          <DropdownMenu.Separator className="menu-separator" />
          <DropdownMenu.Item className="menu-item" onSelect={onRemove}>
            {t("history.delete")}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
