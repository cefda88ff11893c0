import { op, type VoiceMessage } from '#sandbox/voice/voice-ops.ts';
import { realClock } from '#src/base/clock.ts';

export type DaveSend = { readonly to: readonly string[]; readonly message: VoiceMessage };

type Transition = {
  readonly asked: readonly string[];
  readonly waiting: Set<string>;
  readonly atMs: number;
};

/** A transition is carried out this long after it was announced, even if somebody is not ready; as on Discord. */
const transitionMs = 2000;

/** Changes of the end-to-end keys that were announced and are carried out once everybody is ready for them. */
export class DaveTransitions {
  readonly #open = new Map<number, Transition>();
  #last = 0;

  /** A new id, 1 to 65535. */
  open(asked: readonly string[]): number {
    this.#last = (this.#last % 0xffff) + 1;
    this.#open.set(this.#last, { asked, waiting: new Set(asked), atMs: realClock.nowMs() });
    return this.#last;
  }

  ready(userId: string, id: number): readonly DaveSend[] {
    const transition = this.#open.get(id);
    if (!transition?.waiting.delete(userId)) return [];
    return transition.waiting.size === 0 ? [this.#execute(id, transition)] : [];
  }

  /** Nobody waits for this person any more. */
  drop(userId: string): readonly DaveSend[] {
    return [...this.#open.keys()].flatMap((id) => this.ready(userId, id));
  }

  tick(): readonly DaveSend[] {
    return [...this.#open]
      .filter(([, { atMs }]) => realClock.nowMs() - atMs >= transitionMs)
      .map(([id, transition]) => this.#execute(id, transition));
  }

  #execute(id: number, { asked }: Transition): DaveSend {
    this.#open.delete(id);
    return { to: asked, message: { op: op.executeTransition, d: { transition_id: id } } };
  }
}
