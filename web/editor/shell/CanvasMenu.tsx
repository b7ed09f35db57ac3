// The menu of a right click: the commands that name it, as far as they can be done now.
import { DropdownMenu } from "radix-ui";
import { showChord } from "@/commands/chords";
import type { Command, CommandGroup, MenuName } from "@/commands/types";
import type { Point } from "@/document/types";
import { useApp, useT } from "./hooks";

/** What is done most often stands first. */
const ORDER: readonly CommandGroup[] = ["run", "edit", "node", "link", "select", "view"];
const placeOf = ({ group }: Command) => (ORDER.includes(group) ? ORDER.indexOf(group) : ORDER.length);

export interface MenuAt {
  readonly menu: MenuName;
  /** Page coordinates. */
  readonly at: Point;
  readonly world: Point;
}

export function CanvasMenu({ menu, at, onClose }: MenuAt & { readonly onClose: () => void }) {
  const t = useT();
  const { commands } = useApp();
  const items = commands
    .inMenu(menu)
    .filter((command) => commands.isEnabled(command))
    .sort((a, b) => placeOf(a) - placeOf(b));
  return (
    <DropdownMenu.Root open modal={false} onOpenChange={(isOpen) => isOpen || onClose()}>
      <DropdownMenu.Trigger asChild>
        <span className="menu-anchor" style={{ left: at[0], top: at[1] }} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          className="menu"
          align="start"
          sideOffset={0}
          collisionPadding={8}
          aria-label={t("app.menu")}
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          {items.map((command, place) => (
            <MenuRow
              key={command.id}
              command={command}
              isFirstOfGroup={place > 0 && items[place - 1]?.group !== command.group}
            />
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function MenuRow({
  command,
  isFirstOfGroup,
}: {
  readonly command: Command;
  readonly isFirstOfGroup: boolean;
}) {
  const t = useT();
  const { commands } = useApp();
  const [chord] = commands.keysOf(command);
  const Icon = command.icon;
  return (
    <>
      {isFirstOfGroup && <DropdownMenu.Separator className="menu-separator" />}
      <DropdownMenu.Item className="menu-item" onSelect={() => commands.run(command.id)}>
        {Icon !== undefined && <Icon size={14} aria-hidden />}
        <span>{t(command.label, command.labelArgs)}</span>
        {chord !== undefined && <kbd className="menu-keys">{showChord(chord)}</kbd>}
      </DropdownMenu.Item>
    </>
  );
}
