import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { PipelineName, ReplyStyle } from '#src/pipeline/pipeline.ts';
import { failureEventOf } from '#src/ports/failure-event.ts';
import {
  questionTo,
  recognise,
  request,
  speak,
  testTurn,
  think,
} from '#src/probes/engine-probes.ts';
import { type Finding, failing, notTried, type Probe, tryProbe } from '#src/probes/probe.ts';
import { silentHost } from '#src/spending/paid-engine.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import { wrongWith } from './answer-checkup-texts.ts';

/** Words that every engine for English can say and understand. */
const sentence = 'one two three';
/** Longest wait for one part, in ms. */
export const checkMs = 8_000;

/** Speaks a sentence and listens to it, and thinks meanwhile; the server pays. Never throws. */
export async function checkEngines(
  guildId: string,
  parts: SessionDependencies,
  style: ReplyStyle,
  pipeline: PipelineName,
): Promise<readonly Finding[]> {
  const order = {
    kind: 'check',
    guildId,
    personId: '',
    name: '',
    first: { messages: [{ content: request }] },
  } as const;
  const opened = parts.spending.open(order);
  if (opened.kind === 'refused')
    return [recognise, think, speak].map(({ name }) => notTried(name, opened.line));
  using reservation = opened.reservation;
  const tried = async <Subject>(probe: Probe<Subject>, subject: Subject) => {
    const finding = await tryProbe(probe, subject, { clock: parts.clock, deadlineMs: checkMs });
    if (!('error' in finding)) return finding;
    parts.onEvent(guildId, failureEventOf(finding.error, stages[probe.name] ?? 'link'));
    return failing(probe.name, wrongWith(finding.error, parts.chatName));
  };
  const thinking = tried(think, { ask: askerOf({ parts, style, reservation }, pipeline) });
  const synthesizer = parts.synthesizer.paidBy(reservation);
  const spoken = await tried(speak, { synthesizer, voice: style.voice, text: sentence });
  const { clip } = spoken;
  const transcriber = parts.transcriber.paidBy(reservation);
  const heard = clip
    ? await tried(recognise, { transcriber, clip })
    : notTried(recognise.name, { id: 'check.mute' });
  return [heard, await thinking, spoken];
}

const stages: Readonly<Record<string, 'recognise' | 'think' | 'speak'>> = {
  recognise: 'recognise',
  think: 'think',
  speak: 'speak',
};

type PaidCheck = {
  readonly parts: SessionDependencies;
  readonly style: ReplyStyle;
  readonly reservation: Reservation;
};

/** Asks the chat model, or the pipeline whose model hears and speaks. */
function askerOf({ parts, style, reservation }: PaidCheck, name: PipelineName) {
  if (name === 'chained') return questionTo(parts.chat.paidBy(reservation));
  return async function* answer(signal: AbortSignal) {
    const pipeline = parts.pipelines.open(name);
    yield* pipeline.paidBy(reservation).answer(testTurn(parts.clock, style), silentHost, signal);
  };
}
