// A button with a list of choices that can be searched.
import { Command } from "cmdk";
import { Check } from "lucide-react";
import { Popover } from "radix-ui";
import { type ReactNode, useState } from "react";
import type { Json } from "@/document/json";
import { rankChoices } from "./ranking";

export interface Choice {
  readonly value: Json;
  readonly label: string;
  /** A smaller text behind it. */
  readonly note?: string;
}

interface Props {
  readonly choices: readonly Choice[];
  readonly value: Json | undefined;
  readonly onChoose: (value: Json) => void;
  readonly searchLabel: string;
  readonly emptyText: string;
  /** Takes the focus when the list closes; else the button does. */
  readonly onClosed?: () => void;
  /** The button. */
  readonly children: ReactNode;
}

const MOST_SHOWN = 200;

/** Short lists have no field to type in: the list itself takes the keys. */
function focusList(event: Event): void {
  const content = event.currentTarget;
  if (!(content instanceof HTMLElement)) return;
  event.preventDefault();
  content.querySelector<HTMLElement>("[cmdk-input], [cmdk-root]:not(:has([cmdk-input]))")?.focus();
}

export function Choose({ choices, value, onChoose, searchLabel, emptyText, onClosed, children }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const shown = isOpen ? rankChoices(choices, query).slice(0, MOST_SHOWN) : [];
  const choose = (choice: Choice) => {
    onChoose(choice.value);
    setOpen(false);
  };
  return (
    <Popover.Root
      open={isOpen}
      onOpenChange={(open) => {
        setOpen(open);
        setQuery("");
      }}
    >
      <Popover.Trigger asChild>{children}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="choose"
          align="start"
          sideOffset={4}
          collisionPadding={8}
          data-keys="own"
          onOpenAutoFocus={focusList}
          onCloseAutoFocus={(event) => {
            if (onClosed === undefined) return;
            event.preventDefault();
            onClosed();
          }}
        >
          <Command
            shouldFilter={false}
            loop
            label={searchLabel}
            defaultValue={value === undefined ? "" : String(value)}
          >
            {choices.length > 7 && (
              <Command.Input value={query} onValueChange={setQuery} placeholder={searchLabel} autoFocus />
            )}
            <Command.List data-scrolls>
              {shown.length === 0 && <div className="choose-empty">{emptyText}</div>}
              {shown.map((choice) => (
                <Command.Item
                  key={String(choice.value)}
                  value={String(choice.value)}
                  onSelect={() => choose(choice)}
                >
                  <Check size={13} className="choose-check" data-on={choice.value === value} />
                  <span>{choice.label}</span>
                  {choice.note !== undefined && <small>{choice.note}</small>}
                </Command.Item>
              ))}
            </Command.List>
          </Command>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
