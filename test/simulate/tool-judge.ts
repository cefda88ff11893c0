import type {
  ConversationEffect,
  EffectOf,
} from '#src/conversation/machine/effects.ts';
import type {
  ConversationState,
  Id,
  ToolRun,
} from '#src/conversation/machine/state.ts';
import { listNewExchanges } from './conversation-view.ts';
import { ToolBook } from './invariant-books.ts';
import type { Hold, SimulatedStep } from './invariants.ts';
import type { Simulation } from './simulation-world.ts';

/** Judges tools: which run, when, for whose words, and after whose yes. */
export class ToolJudge {
  readonly #hold;
  readonly #tools = new ToolBook();
  /** Confirmed tools that still run for a session before this one. */
  readonly #inheritedRuns;

  constructor(hold: Hold, inheritedRuns = 0) {
    this.#hold = hold;
    this.#inheritedRuns = inheritedRuns;
  }

  check(world: Simulation, step: SimulatedStep) {
    const { after, before, event } = step;
    if (event.kind === 'prompted' && event.hasOthers)
      this.#tools.tainted.add(event.answer);
    for (const one of after.history.exchanges)
      if (!before.history.exchanges.includes(one))
        this.#tools.remember(one, before, after);
    for (const effect of step.effects) this.#checkEffect(effect, step);
    if (event.kind === 'returned') this.#tools.noteForeign(before, event.run);
    if (event.kind === 'returned' && event.isVain)
      this.#tools.takeBack(before, event.run);
    this.#checkJobs(world, after);
  }

  #checkEffect(effect: ConversationEffect, { after, before, event }: SimulatedStep) {
    switch (effect.do) {
      case 'begin':
        this.#noteBegin(effect, before, after);
        return;
      case 'play':
        this.#tools.wanted.add(effect.answer);
        return;
      case 'ask':
        this.#tools.noteAsk(effect.confirmation, event.atMs);
        return;
      case 'result':
        this.#checkResult(effect, before, after);
        return;
      case 'run':
        this.#checkRun(effect, { after, before, event });
        return;
      default:
    }
  }

  #checkJobs(world: Simulation, after: ConversationState) {
    const running = world.engines.listRunning.filter(({ port }) => port === 'run');
    const most = after.toolRuns.length + this.#inheritedRuns;
    this.#hold(11, running.length <= most, 'a tool that was stopped');
  }

  #checkRun(
    { run: id }: EffectOf<'run'>,
    { after, before, event }: Pick<SimulatedStep, 'after' | 'before' | 'event'>,
  ) {
    const run = after.toolRuns.find((one) => one.id === id);
    if (run?.ref) this.#checkUnasked(run, run.ref.answer);
    else this.#hold(15, this.#tools.isConfirmed(before, after, event.atMs), run?.tool);
  }

  #checkUnasked(run: ToolRun, answer: Id) {
    this.#hold(16, this.#tools.wanted.has(answer), run.tool);
    if (run.effect === 'read') return;
    this.#hold(15, run.effect !== 'destroy', run.tool);
    const isOwn = run.effect !== 'last' || !this.#tools.tainted.has(answer);
    this.#hold(14, isOwn, run.tool);
    this.#hold(13, this.#tools.noteRun(run), `${run.tool} of turn ${run.turn}`);
  }

  #checkResult(
    { answer }: EffectOf<'result'>,
    before: ConversationState,
    after: ConversationState,
  ) {
    const isThere = [...before.turns, ...after.turns].some(
      (one) => one.answer?.id === answer,
    );
    this.#hold(17, isThere, answer);
  }

  /** An answer is made of the words of others where its prompt holds what others said, or what a page made the bot say. */
  #noteBegin(
    { answer, by, supposed }: EffectOf<'begin'>,
    before: ConversationState,
    after: ConversationState,
  ) {
    const isForeign = listNewExchanges(before, after).some(
      (one) => one.by !== by || this.#tools.isForeign(one),
    );
    const sounding = after.turnQueue.current?.reply ?? -1;
    const isSupposedForeign = supposed?.by !== by || this.#tools.tainted.has(sounding);
    if (isForeign || (supposed && isSupposedForeign)) this.#tools.tainted.add(answer);
  }
}
