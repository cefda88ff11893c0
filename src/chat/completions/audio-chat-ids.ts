/** A spoken answer and the server's id for it. */
export type SpokenAnswer = {
  readonly text: string;
  readonly id: string;
  /** Milliseconds since 1970; absent where the server does not tell. */
  readonly expiresAtMs?: number;
};

/** Limit of ids, more than a history holds for several channels; the oldest is forgotten. */
const mostIds = 256;
/** An id that ends sooner may be gone when the request arrives. */
const spareMs = 60_000;
/** Life in ms of an id whose end the server does not tell. OpenAI's count for an hour (seen in 2025). */
const usualLifeMs = 30 * 60_000;

/**
 * The ids of answers a model gave lately, by their words.
 *
 * An answer that was not heard to its end has other words in the history, so it is never found here.
 */
export class AudioIds {
  readonly #byText = new Map<string, { readonly id: string; readonly expiresAtMs: number }>();

  remember({ text, id, expiresAtMs }: SpokenAnswer, atMs: number): void {
    const key = keyOf(text);
    if (key === '') return;
    this.#byText.delete(key);
    this.#byText.set(key, { id, expiresAtMs: expiresAtMs ?? atMs + usualLifeMs });
    const [oldest] = this.#byText.keys();
    if (this.#byText.size > mostIds && oldest !== undefined) this.#byText.delete(oldest);
  }

  idOf(text: string, atMs: number): string | undefined {
    const known = this.#byText.get(keyOf(text));
    return known && known.expiresAtMs - spareMs > atMs ? known.id : undefined;
  }

  forget(ids: readonly string[]): void {
    for (const [key, { id }] of this.#byText) if (ids.includes(id)) this.#byText.delete(key);
  }
}

/** Text without white space, as playback does not keep it between clauses. */
function keyOf(text: string): string {
  return text.replace(/\s+/g, '');
}
