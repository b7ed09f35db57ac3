// The frame of the picture editors: the whole window, tools at the top, the picture in the middle.
import { Check, X } from "lucide-react";
import { Dialog } from "radix-ui";
import type { KeyboardEvent, ReactNode } from "react";
import { useT } from "@/shell/hooks";
import "./mask.css";

interface Props {
  readonly title: string;
  readonly tools: ReactNode;
  readonly children: ReactNode;
  readonly isBusy: boolean;
  readonly applyLabel: string;
  readonly onApply: () => void;
  readonly onClose: () => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly onKeyUp?: (event: KeyboardEvent) => void;
}

export function EditorFrame(props: Props) {
  const t = useT();
  return (
    <Dialog.Root open onOpenChange={(isOpen) => isOpen || props.onClose()}>
      <Dialog.Portal>
        <Dialog.Content
          className="picture-editor"
          aria-describedby={undefined}
          onKeyDown={props.onKeyDown}
          onKeyUp={props.onKeyUp}
          onInteractOutside={(event) => event.preventDefault()}
        >
          <header className="picture-editor-bar">
            <Dialog.Title>{props.title}</Dialog.Title>
            <div className="picture-editor-tools" role="toolbar" aria-label={t("mask.tools")}>
              {props.tools}
            </div>
            <div className="picture-editor-end">
              <Dialog.Close className="button">
                <X size={15} aria-hidden />
                {t("mask.cancel")}
              </Dialog.Close>
              <button
                type="button"
                className="button"
                data-kind="primary"
                disabled={props.isBusy}
                onClick={props.onApply}
              >
                <Check size={15} aria-hidden />
                {props.applyLabel}
              </button>
            </div>
          </header>
          <div className="picture-editor-stage">{props.children}</div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
