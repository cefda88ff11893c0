import { collectGarbage, type KeptKind } from './kept-objects.ts';
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
