import type { AlertChange, AlertName } from '#src/base/alerts.ts';

/** An alert of a voice link; `speakerId` where it is about one person. */
export type LinkAlert = AlertChange & { readonly speakerId?: string };

/** Alerts of one server's voice link. They outlive a link: some are mended by the next one only. */
export class LinkAlerts {
  readonly #report: (alert: LinkAlert) => void;
  readonly #raised = new Set<AlertName>();

  constructor(report: (alert: LinkAlert) => void) {
    this.#report = report;
  }

  /** Raises the alert once, until it is cleared. */
  raise(name: AlertName, cause: string, speakerId?: string): void {
    if (this.#raised.has(name)) return;
    this.#raised.add(name);
    this.#report({
      kind: 'alert',
      name,
      state: 'raised',
      cause,
      ...(speakerId !== undefined && { speakerId }),
    });
  }

  clear(name: AlertName, cause: string): void {
    if (this.#raised.delete(name)) this.#report({ kind: 'alert', name, state: 'cleared', cause });
  }

  clearAll(cause: string): void {
    for (const name of [...this.#raised]) this.clear(name, cause);
  }
}
