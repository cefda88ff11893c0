import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A request that listens while somebody speaks, the messages that a model is shown, and what a tool found. */
export type KeptKind = 'listening' | 'prompt' | 'result';

type KeptReference = { readonly kind: KeptKind; readonly object: WeakRef<object> };

/** Objects that were given to the bot. They are held weakly, so that those which it keeps can be counted. */
export class KeptObjects {
  readonly #references: KeptReference[] = [];

  /** Notes an object that is given to the bot. */
  note(kind: KeptKind, object: object): void {
    this.#references.push({ kind, object: new WeakRef(object) });
  }

  /** Number of objects of a kind that are still there. Those that nobody keeps are counted until garbage is collected. */
  count(kind: KeptKind): number {
    const isKept = (reference: KeptReference) =>
      reference.kind === kind && reference.object.deref() !== undefined;
    return this.#references.filter(isKept).length;
  }
}

/** Collects garbage, once nothing that was looked at in this turn of the event loop is held any more. */
export async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await setImmediate();
  collect();
  await setImmediate();
}
