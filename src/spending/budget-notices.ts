/** Notices of budgets already sent: each once a day to a server, or once a day to a person. */
export class BudgetNotices {
  readonly #today: () => string;
  #day = '';
  readonly #sent = new Set<string>();

  constructor(today: () => string) {
    this.#today = today;
  }

  /** True the first time; from then on it is told. */
  first(...what: readonly string[]): boolean {
    const day = this.#today();
    if (day !== this.#day) this.#sent.clear();
    this.#day = day;
    const key = JSON.stringify(what);
    if (this.#sent.has(key)) return false;
    this.#sent.add(key);
    return true;
  }

  forget(...what: readonly string[]): void {
    this.#sent.delete(JSON.stringify(what));
  }
}
