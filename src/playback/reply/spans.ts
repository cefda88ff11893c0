/** Which places of a sound are done with; places done twice count once. */
export class Spans {
  /** In order, apart from each other. */
  #all: (readonly [from: number, to: number])[] = [];

  add(from: number, to: number): void {
    if (to <= from) return;
    const last = this.#all.at(-1);
    if (!last || last[1] < from) this.#all.push([from, to]);
    else if (last[0] <= from) this.#all[this.#all.length - 1] = [last[0], Math.max(last[1], to)];
    else this.#join(from, to);
  }

  /** How much lies between these places. */
  within(from: number, to: number): number {
    return this.#all.reduce(
      (sum, [a, b]) => sum + Math.max(0, Math.min(b, to) - Math.max(a, from)),
      0,
    );
  }

  #join(from: number, to: number): void {
    const touched = this.#all.filter(([a, b]) => b >= from && a <= to);
    const joined = [
      Math.min(from, ...touched.map(([a]) => a)),
      Math.max(to, ...touched.map(([, b]) => b)),
    ] as const;
    this.#all = [...this.#all.filter(([a, b]) => b < from || a > to), joined].sort(
      ([a], [b]) => a - b,
    );
  }
}
