import type { AlertChange, AlertName } from '#src/base/alerts.ts';

/** Alerts of one server's voice link. They outlive a link: some are mended by the next one only. */
export class LinkAlerts {
  readonly #report: (alert: AlertChange) => void;
  readonly #raised = new Set<AlertName>();

  constructor(report: (alert: AlertChange) => void) {
    this.#report = report;
  }

  /** Raises the alert once, until it is cleared. */
  raise(name: AlertName, cause: string): void {
    if (this.#raised.has(name)) return;
    this.#raised.add(name);
    this.#report({ kind: 'alert', name, state: 'raised', cause });
  }

  clear(name: AlertName, cause: string): void {
    if (this.#raised.delete(name)) this.#report({ kind: 'alert', name, state: 'cleared', cause });
  }
}
