// The frame of every dialog: title, content, close. `app.overlays.open(MyDialog, props)` shows one.
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useT } from "./hooks";

interface Props {
  readonly title: string;
  /** A sentence below the title. */
  readonly description?: string;
  readonly size?: "small" | "medium" | "large";
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Buttons at the lower right. */
  readonly actions?: ReactNode;
}

export function Dialog({ title, description, size = "medium", onClose, children, actions }: Props) {
  const t = useT();
  return (
    <Radix.Root open onOpenChange={(isOpen) => isOpen || onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="dialog-scrim" />
        <Radix.Content
          className="dialog"
          data-size={size}
          {...(description === undefined && { "aria-describedby": undefined })}
        >
          <header className="dialog-head">
            <Radix.Title>{title}</Radix.Title>
            <Radix.Close className="icon-button" aria-label={t("app.close")}>
              <X size={16} />
            </Radix.Close>
          </header>
          {description !== undefined && (
            <Radix.Description className="dialog-description">{description}</Radix.Description>
          )}
          <div className="dialog-content">{children}</div>
          {actions !== undefined && <footer className="dialog-actions">{actions}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
