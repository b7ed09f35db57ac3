// Keeps a mistake in one part from taking the editor with it.
import { Component, type ReactNode } from "react";

interface Props {
  readonly children: ReactNode;
  /** What to show instead; a plain line if not given. */
  readonly fallback?: (error: Error) => ReactNode;
}

export class ErrorBoundary extends Component<Props, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return this.props.fallback?.(error) ?? <p role="alert">{error.message}</p>;
  }
}
