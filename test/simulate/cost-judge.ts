import { conversationRules as rules } from '#src/conversation/machine/conversation-rules.ts';
import { isRequested } from '#src/conversation/machine/draft.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import { getWakeTime } from '#src/conversation/machine/step.ts';
import { isSessionOver } from './conversation-view.ts';
import { momentMs } from './heard-book.ts';
import type { Hold, SimulatedStep } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';

/** Time, in ms, in which a request that nobody needs is aborted. */
const maxAbortMs = 100;

/** Time, in ms, from the beginning of an utterance in which captions may want its words. */
const maxCaptionMs = 60_000;

/** Judges that each request, tool and timer is for something. */
export function createCostJudge(hold: Hold) {
  /** Latest instant, in ms, at which all that runs was needed. */
  let neededMs = 0;
  /** The same of reading tools. */
  let readNeededMs = 0;
  /** Beginning, in ms, of each person's latest utterance that captions want, whomever it is for. */
  const captionedMs = new Map<string, number>();

  function checkRequests(world: Simulation, state: ConversationState) {
    const nowMs = world.clock.nowMs();
    const isCaptioned = (by: string) =>
      nowMs - (captionedMs.get(by) ?? Number.NEGATIVE_INFINITY) <= maxCaptionMs;
    const needless = findNeedlessRequest(world, state, isCaptioned);
    if (needless === undefined) neededMs = nowMs;
    hold(45, nowMs <= neededMs + maxAbortMs, needless);
  }

  return {
    checkStep(world: Simulation, { after, before, event }: SimulatedStep) {
      if (event.kind === 'began' && event.isCaptioned)
        captionedMs.set(event.by, event.atMs);
      if (event.kind === 'tick')
        hold(50, getWakeTime(before, rules) <= event.atMs, event.atMs);
      const answers = after.turns.map(({ answer }) => answer?.id);
      const reading = after.tools.runs.find(
        ({ effect, ref }) => effect === 'read' && ref && !answers.includes(ref.answer),
      );
      if (reading === undefined) readNeededMs = event.atMs;
      hold(45, event.atMs <= readNeededMs + maxAbortMs, `the tool ${reading?.tool}`);
      const hasEnded = after.tools.runs.every(({ ref }) => ref === undefined);
      const isClosed = after.tools.confirmations.length === 0;
      hold(
        33,
        !isSessionOver(after) || (hasEnded && isClosed),
        'a tool or a button is left',
      );
      checkRequests(world, after);
    },

    /** Time has passed. */
    checkTime(world: Simulation, state: ConversationState) {
      checkRequests(world, state);
    },
  };
}

/** A request that runs and is for nothing; undefined: there is none. */
function findNeedlessRequest(
  { engines, waitingRequests }: Simulation,
  { presence, turnQueue, turns }: ConversationState,
  isCaptioned: (by: string) => boolean,
) {
  const { listRunning } = engines;
  for (const { id } of presence.people) {
    const utteranceStates = turns.flatMap(({ by, openSpeech }) =>
      by === id ? openSpeech : [],
    );
    const wanted = utteranceStates.filter(
      (utteranceState) =>
        isRequested(utteranceState) && utteranceState.heard.words === undefined,
    );
    const runs = listRunning.filter(
      ({ by, port }) => port === 'recognise' && by.includes(id),
    );
    if (runs.length > wanted.length && !isCaptioned(id))
      return `${runs.length} of ${id} are recognised`;
  }
  const answers = turns.filter(({ answer }) => answer).length + waitingRequests;
  const thinking = listRunning.filter(({ port }) => port === 'think').length;
  if (thinking > answers) return `${thinking} models think for ${answers} answers`;
  const isSaying =
    answers > 0 ||
    turnQueue.announcements.length > 0 ||
    turnQueue.current !== undefined;
  const speaks = listRunning.some(
    ({ port, text }) => port === 'speak' && text !== momentMs,
  );
  return speaks && !isSaying ? 'a voice is made for nothing' : undefined;
}
