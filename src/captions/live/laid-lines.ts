import { isEnded } from './caption-line.ts';
import type { LaidLine } from './line-part.ts';

/** Lines by number, and which numbers nothing changes any more. */
export class LaidLines {
  readonly #lines = new Map<number, LaidLine>();
  /** Lines in no message, longest untouched first. */
  readonly #wordless = new Set<LaidLine>();
  readonly #past = new Set<number>();

  get(number: number): LaidLine | undefined {
    return this.#lines.get(number);
  }

  isPast(number: number): boolean {
    return this.#past.has(number);
  }

  keep(laid: LaidLine): void {
    this.#lines.set(laid.number, laid);
    this.#wordless.delete(laid);
    if (laid.parts.length === 0) this.#wordless.add(laid);
  }

  delete(number: number): void {
    const laid = this.#lines.get(number);
    this.#lines.delete(number);
    if (laid) this.#wordless.delete(laid);
  }

  addPast(number: number): void {
    this.#past.add(number);
    if (this.#past.size <= maxPastLines) return;
    const [oldest] = this.#past;
    if (oldest !== undefined) this.#past.delete(oldest);
  }

  /** A line that has not ended may still come, as a new one. */
  forget(laid: LaidLine): void {
    this.delete(laid.number);
    if (isEnded(laid.line)) this.addPast(laid.number);
  }

  /** Forgets lines in no message that were last put before then. */
  forgetWordless(beforeMs: number): void {
    for (const laid of this.#wordless) {
      if (laid.putAtMs > beforeMs) return;
      this.forget(laid);
    }
  }

  size(): { readonly lines: number; readonly pastLines: number } {
    return { lines: this.#lines.size, pastLines: this.#past.size };
  }
}

/** Numbers of forgotten lines that are told from new ones: 34 minutes of ten people at 120 utterances a minute. */
const maxPastLines = 4_096;
