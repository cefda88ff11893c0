import type { Confirmation } from '#src/conversation/machine/state.ts';
import type { Hold, SimulatedStep } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';

/** Time, in ms, after which somebody who talks is known to talk. */
const noticedMs = 500;
const isYes = /^yes/i;

/** Judges what a spoken yes confirms, and that nothing of a tool runs after a spoken stop. */
export function createYesJudge(hold: Hold) {
  function checkStopped({ after, before, event }: SimulatedStep) {
    if (event.kind !== 'barged' || event.action !== 'stop') return;
    const { current } = before.turnQueue;
    if (current?.reply !== event.reply) return;
    const left = after.tools.runs.find(({ ref, turn }) => ref && turn === current.id);
    hold(60, left === undefined, left?.tool);
  }

  function checkYes({ after, before, effects }: SimulatedStep) {
    if (!effects.some((effect) => effect.do === 'play' || effect.do === 'speak'))
      return;
    const isOpen = ({ spokenYes }: Confirmation) => spokenYes?.state === 'open';
    const requests = before.tools.confirmations.filter(isOpen).map(({ id }) => id);
    const open = after.tools.confirmations.filter(isOpen);
    const stale = open.find(({ id }) => requests.includes(id));
    hold(61, stale === undefined, stale?.id);
  }

  /** Whoever has gone on since the yes has not confirmed. */
  function checkGoneOn({ said }: Simulation, { after, before, event }: SimulatedStep) {
    const isAccepted = ({ spokenYes }: Confirmation) => spokenYes?.state === 'accepted';
    const former = before.tools.confirmations.filter(isAccepted).map(({ id }) => id);
    const accepted = after.tools.confirmations.filter(
      (confirmation) => isAccepted(confirmation) && !former.includes(confirmation.id),
    );
    const latest = accepted.map(({ presser }) =>
      said.findLast(
        ({ by, fromMs, text }) =>
          by === presser && text !== '' && fromMs <= event.atMs - noticedMs,
      ),
    );
    const otherSaying = latest.find((saying) => saying && !isYes.test(saying.text));
    hold(84, otherSaying === undefined, otherSaying?.text);
  }

  return {
    checkStep(world: Simulation, step: SimulatedStep) {
      checkStopped(step);
      checkYes(step);
      checkGoneOn(world, step);
    },
  };
}
