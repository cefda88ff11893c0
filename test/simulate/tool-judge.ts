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
import { createToolBook } from './invariant-books.ts';
import type { Hold, SimulatedStep } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';

/**
 * Judges tools: which run, when, for whose words, and after whose yes.
 * `inheritedRuns` counts the confirmed tools that still run for a session before this one.
 */
export function createToolJudge(hold: Hold, inheritedRuns = 0) {
  const tools = createToolBook();
  /** Runs that were stopped at the latest instant at which any was, in ms. */
  let stopped = { atMs: Number.NEGATIVE_INFINITY, runs: 0 };

  function checkEffect(
    effect: ConversationEffect,
    { after, before, event }: SimulatedStep,
  ) {
    switch (effect.do) {
      case 'begin':
        noteBegin(effect, before, after);
        return;
      case 'play':
        tools.wanted.add(effect.answer);
        return;
      case 'ask':
        tools.noteAsk(effect.confirmation, event.atMs);
        return;
      case 'result':
        checkResult(effect, before, after);
        return;
      case 'run':
        checkRun(effect, { after, before, event });
        return;
      case 'stop-run':
        noteStoppedRun(event.atMs);
        checkStoppedRun(effect, before, after);
        return;
      default:
    }
  }

  function noteStoppedRun(atMs: number) {
    stopped = { atMs, runs: (stopped.atMs === atMs ? stopped.runs : 0) + 1 };
  }

  function checkJobs(world: Simulation, stateAfter: ConversationState) {
    const running = world.engines.listRunning.filter(({ port }) => port === 'run');
    // An effect for the outside may post an event before the next one of its step, which stops the tool, is performed.
    const stopping = world.clock.nowMs() === stopped.atMs ? stopped.runs : 0;
    const most = stateAfter.tools.runs.length + inheritedRuns + stopping;
    hold(11, running.length <= most, 'a tool that was stopped');
  }

  function checkRun(
    { run: id }: EffectOf<'run'>,
    { after, before, event }: Pick<SimulatedStep, 'after' | 'before' | 'event'>,
  ) {
    const run = after.tools.runs.find((toolRun) => toolRun.id === id);
    if (run?.ref) checkUnasked(run, run.ref.answer);
    else hold(15, tools.isConfirmed(before, after, event.atMs), run?.tool);
  }

  function checkUnasked(run: ToolRun, answer: Id) {
    hold(16, tools.wanted.has(answer), run.tool);
    if (run.effect === 'read') return;
    hold(15, run.effect !== 'destroy', run.tool);
    const isOwn = run.effect !== 'last' || !tools.tainted.has(answer);
    hold(14, isOwn, run.tool);
    hold(13, tools.noteRun(run), `${run.tool} of turn ${run.turn}`);
  }

  /** Only who may be heard no more takes back what was confirmed. */
  function checkStoppedRun(
    { run: id }: EffectOf<'stop-run'>,
    { tools: { runs } }: ConversationState,
    { presence: { consent, people } }: ConversationState,
  ) {
    const run = runs.find((toolRun) => toolRun.id === id);
    if (!run) return;
    const isBarred = people.some(
      (participant) => participant.id === run.by && !participant.isAdmitted,
    );
    hold(
      68,
      run.ref !== undefined || isBarred || consent.no.includes(run.by),
      run.tool,
    );
  }

  function checkResult(
    { answer }: EffectOf<'result'>,
    stateBefore: ConversationState,
    stateAfter: ConversationState,
  ) {
    const isThere = [...stateBefore.turns, ...stateAfter.turns].some(
      (turnState) => turnState.answer?.id === answer,
    );
    hold(17, isThere, answer);
  }

  /** An answer is made of the words of others where its prompt holds what others said, or what a page made the bot say. */
  function noteBegin(
    { answer, by, supposed }: EffectOf<'begin'>,
    stateBefore: ConversationState,
    stateAfter: ConversationState,
  ) {
    const isForeign = listNewExchanges(stateBefore, stateAfter).some(
      (exchange) => exchange.by !== by || tools.isForeign(exchange),
    );
    const sounding = stateAfter.turnQueue.current?.reply ?? -1;
    const isSupposedForeign = supposed?.by !== by || tools.tainted.has(sounding);
    if (isForeign || (supposed && isSupposedForeign)) tools.tainted.add(answer);
  }

  return {
    checkStep(world: Simulation, step: SimulatedStep) {
      const { after, before, event } = step;
      if (event.kind === 'prompted' && event.hasOthers) tools.tainted.add(event.answer);
      for (const exchange of after.history.exchanges.filter(
        (kept) => !before.history.exchanges.includes(kept),
      ))
        tools.rememberExchange(exchange, before, after);
      for (const effect of step.effects) checkEffect(effect, step);
      if (event.kind === 'returned') tools.noteForeign(before, event.run);
      if (event.kind === 'returned' && event.isVain) tools.takeBack(before, event.run);
      checkJobs(world, after);
    },
  };
}
