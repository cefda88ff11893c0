import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Hold } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';

/** Objects of each kind that a session may keep, as they were the latest of something. */
const maxKept: Readonly<Record<KeptKind, number>> = {
  listening: 10,
  prompt: 4,
  result: 4,
};

/** Judges that a session at rest keeps nothing of what is over. */
export class MemoryJudge {
  readonly #hold;

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** After a long rest. */
  async check({ engines: { kept } }: Simulation): Promise<void> {
    const kinds = Object.keys(maxKept) as KeptKind[];
    const mayKeepMore = kinds.some((kind) => kept.count(kind) > maxKept[kind]);
    if (mayKeepMore) await collectGarbage();
    for (const kind of kinds) {
      const count = kept.count(kind);
      this.#hold(72, count <= maxKept[kind], `${kind} ${count}`);
    }
  }
}

/** A request that listens while somebody speaks, the messages that a model is shown, and what a tool found. */
type KeptKind = 'listening' | 'prompt' | 'result';

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
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  await setImmediate();
  collect();
  await setImmediate();
}
