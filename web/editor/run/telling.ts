// Tells people why something was not queued, and marks the nodes and inputs that are to blame.
import { validate } from "@/api/client";
import { ApiError } from "@/api/http";
import type { App } from "@/app";
import type { Tab } from "@/workspace/tabs";
import { byNode } from "./problems";
import type { Problem } from "./store";

type Host = Pick<App, "toasts" | "t" | "canvas">;

/** Tell about a refusal; with no error, about outputs that were left out. */
export async function tellRefusal(host: Host, tab: Tab, error: unknown): Promise<void> {
  const problems = await whatIsWrong(tab);
  if (problems.length > 0) tab.run.setState({ problems: byNode(problems) });
  const first = problems.find((each) => each.node !== "");
  const { t, toasts } = host;
  const text = error === undefined ? t("run.partly") : t("run.refused");
  const detail = problems[0]?.message ?? sentenceOf(error);
  const more = problems.length > 1 ? ` ${t("run.more", { count: problems.length - 1 })}` : "";
  toasts.show(error === undefined ? "warning" : "error", text, {
    ...(detail === undefined ? {} : { detail: detail + more }),
    ...(first === undefined
      ? {}
      : {
          action: {
            label: t("run.showNode"),
            run: () => host.canvas?.goTo(first.node.split(":")[0] ?? first.node),
          },
        }),
  });
}

async function whatIsWrong(tab: Tab): Promise<Problem[]> {
  try {
    return await validate(tab.document.doc);
  } catch {
    return []; // the refusal itself is told then
  }
}

function sentenceOf(error: unknown): string | undefined {
  if (error instanceof ApiError) {
    const explanation = error.details.explanation;
    return typeof explanation === "string" ? `${error.message}: ${explanation}` : error.message;
  }
  return error instanceof Error ? error.message : undefined;
}
