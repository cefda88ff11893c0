import type { ChatMessage } from '#src/chat/chat-model.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import { findTurn, floorPhase, isBotMuted, isLinkUp } from './conversation-view.ts';
import type { Hold } from './invariants.ts';
import type { Simulation } from './simulation-world.ts';

/** Time, in ms, after the last packet of anybody in which a voice is settled. */
const settledMs = 2_500;
/** Longest time, in ms, for which sound that is ready waits then. */
const maxReadyMs = 3_000;

/** Judges that an answer begins to sound once its sound is there and nobody talks. */
export class ReadyJudge {
  readonly #hold;
  /** Number of the latest answer to each person. */
  readonly #answers = new Map<string, number>();
  /** Latest instant, in ms, at which nothing waited that could sound. */
  #freeMs = 0;

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** A prompt leaves for an answer. */
  notePrompt(answer: number, messages: readonly ChatMessage[]): void {
    const asker = messages.flatMap((one) => ('name' in one ? one.name : [])).at(-1);
    if (asker !== undefined) this.#answers.set(asker.toLowerCase(), answer);
  }

  /** Time has passed. */
  checkTime(world: Simulation, state: ConversationState): void {
    const nowMs = world.clock.nowMs();
    const isHeld = nowMs - world.talkedMs <= settledMs || world.isStalled;
    const isBarred = !isLinkUp(state) || isBotMuted(state);
    if (isHeld || isBarred || !this.#isReady(world, state)) this.#freeMs = nowMs;
    this.#hold(119, nowMs - this.#freeMs <= maxReadyMs, state.turnQueue.current?.reply);
  }

  /** Whether the answer that has the floor has sound of which nothing left. */
  #isReady({ heard }: Simulation, state: ConversationState) {
    const { current } = state.turnQueue;
    if (!current || floorPhase(state) !== 'making') return false;
    const by = findTurn(state, current.reply)?.by;
    const isDeaf = state.presence.people.some(({ id, isDeaf }) => id === by && isDeaf);
    // Of somebody who asked twice, the latest answer may be the next one.
    const asked = state.turns.filter((one) => one.by === by && one.answer);
    const answer = by === undefined ? undefined : this.#answers.get(by);
    if (isDeaf || asked.length > 1 || answer === undefined) return false;
    return heard.hasReadyText(`Answer ${answer} `);
  }
}
