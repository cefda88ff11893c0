import type { ConversationState } from '#src/conversation/machine/state.ts';
import { findTurn, isBotMuted } from './conversation-view.ts';
import type { Hold } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';

/** Longest time, in ms, for which an answer holds the floor without a word or a tool: the wait for a model, and a little more. */
const maxSilenceMs = 320_000;

/** Judges that nothing holds the floor for ever. */
export class ProgressJudge {
  readonly #hold;
  /** Instant, in ms, of the latest progress of the answer that has the floor, and what was known then. */
  #progressMs = 0;
  #reply: unknown;
  #tools: unknown;

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** Time has passed. */
  checkTime({ clock, heard }: Simulation, state: ConversationState): void {
    const { current } = state.turnQueue;
    const { runs } = state.tools;
    const by = current && findTurn(state, current.reply)?.by;
    const isDeaf = state.presence.people.some(
      (participant) => participant.id === by && participant.isDeaf,
    );
    const isSame = current?.reply === this.#reply && runs === this.#tools;
    // What nobody hears may be written for longer.
    if (!current || !isSame || isDeaf || isBotMuted(state))
      this.#progressMs = clock.nowMs();
    this.#reply = current?.reply;
    this.#tools = runs;
    const silentMs = clock.nowMs() - Math.max(this.#progressMs, heard.spokenMs);
    this.#hold(116, silentMs <= maxSilenceMs, current?.reply);
  }
}
