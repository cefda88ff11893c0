import type { ConversationState } from '#src/conversation/machine/state.ts';
import { findTurn, isBotMuted, isLinkUp, isSessionOver } from './conversation-view.ts';
import type { Act } from './simulated-scenes.ts';
import type { Hold, SimulatedStep } from './simulated-step.ts';
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

/** Longest time, in ms, from a bug to the loss of the link that it causes. */
const maxLossMs = 3_000;
/** Time, in ms, within which a bug repeats, less than that of the rules by the time of a loss. */
const maxRepeatMs = 55_000;

/** Judges what a bug of the bot takes along. */
export class BugJudge {
  readonly #hold;
  /** Instants, in ms: of the latest bug over an open link, of the latest loss by one, and of the latest act of anybody else. */
  #bugMs = Number.NEGATIVE_INFINITY;
  #lossMs = Number.NEGATIVE_INFINITY;
  #actMs = Number.NEGATIVE_INFINITY;

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** A new session, or process, knows of no bug. */
  beginSession(): void {
    this.#bugMs = Number.NEGATIVE_INFINITY;
    this.#lossMs = Number.NEGATIVE_INFINITY;
  }

  /** A step had an effect with a bug. `arePerformed`: the effects after it were performed. */
  checkBug(arePerformed: boolean, state: ConversationState, nowMs: number): void {
    this.#hold(114, arePerformed);
    if (isLinkUp(state)) this.#bugMs = nowMs;
  }

  /** Something is about to happen. */
  noteAct({ kind }: Act, nowMs: number): void {
    if (kind !== 'bug' && kind !== 'say') this.#actMs = nowMs;
  }

  /** The conversation learns something. */
  check({ after, before, event }: SimulatedStep): void {
    if (event.kind !== 'link-lost' || isSessionOver(before)) return;
    const isByBug =
      event.atMs - this.#bugMs <= maxLossMs && event.atMs - this.#actMs > maxLossMs;
    const isRepeated = isByBug && event.atMs - this.#lossMs <= maxRepeatMs;
    this.#hold(115, !isRepeated || event.final !== undefined);
    if (isByBug) this.#lossMs = event.atMs;
    // The loss of the next link has another cause.
    this.#bugMs = Number.NEGATIVE_INFINITY;
    if (isSessionOver(after)) this.#lossMs = Number.NEGATIVE_INFINITY;
  }
}
