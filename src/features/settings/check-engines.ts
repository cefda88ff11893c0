import { joinSamples, listenRateHz, type Pcm, toMono } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { BotError, type FailureStage } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import type { WantedPipeline } from '#src/conversation/engines/current-pipeline.ts';
import { silentHost } from '#src/conversation/engines/paid-engines.ts';
import type { CheckResult } from '#src/conversation/ports/setting-and-check-outcomes.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { ReplyStyle } from '#src/pipeline/pipeline.ts';
import type { Reservation } from '#src/spending/reservation.ts';
import { wrongWith } from './answer-checkup-texts.ts';

/** Engines of a check, its style, and the reservation that pays. */
type PaidCheck = {
  readonly parts: SessionDependencies;
  readonly style: ReplyStyle;
  readonly reservation: Reservation;
};

/** Words that every engine for English can say and understand. */
const sentence = 'one two three';
const request = 'This is a test. Answer with the one word: ok';
/** Nothing is waited for longer, one after the other. */
export const checkMs = 8_000;
/** Longest sound of the sentence, in seconds, where a voice never ends. */
const longestS = 10;

const unheard: CheckResult = { point: 'recognise', kind: 'idle', line: { id: 'check.mute' } };

type RoleTrial<T> = { readonly finding: CheckResult; readonly got?: T };

/** Speaks a sentence and listens to it, and thinks meanwhile; the server pays. Never throws. */
export async function checkEngines(
  guildId: string,
  parts: SessionDependencies,
  style: ReplyStyle,
  pipeline: WantedPipeline,
): Promise<readonly CheckResult[]> {
  const order = {
    kind: 'check',
    guildId,
    personId: '',
    name: '',
    first: { messages: [{ content: request }] },
  } as const;
  const opened = parts.spending.open(order);
  if (opened.kind === 'refused') {
    const { line } = opened;
    return (['recognise', 'think', 'speak'] as const).map((point) => ({
      point,
      kind: 'idle',
      line,
    }));
  }
  using reservation = opened.reservation;
  return await checkPaid(guildId, { parts, style, reservation }, pipeline);
}

async function checkPaid(
  guildId: string,
  check: PaidCheck,
  pipeline: WantedPipeline,
): Promise<readonly CheckResult[]> {
  const { parts } = check;
  const isWritten = pipeline.name === 'chained';
  const thinking = trial('think', guildId, parts, (signal) =>
    isWritten ? think(check, signal) : answer(pipeline, check, signal),
  );
  const { finding: speak, got: said } = await trial('speak', guildId, parts, (signal) =>
    speakSentence(check, signal),
  );
  const recognise = said
    ? await trial('recognise', guildId, parts, (signal) => listen(said, check, signal))
    : { finding: unheard };
  return [recognise.finding, (await thinking).finding, speak];
}

type TimedResult<T> = { readonly got: T; readonly atMs: number };

async function trial<T>(
  point: Exclude<FailureStage, 'link'>,
  guildId: string,
  { chatName, clock, onEvent }: SessionDependencies,
  work: (signal: AbortSignal) => Promise<TimedResult<T>>,
): Promise<RoleTrial<T>> {
  const startedMs = clock.nowMs();
  const over = new AbortController();
  const late = () =>
    new BotError(
      'provider.late',
      true,
      `The check of an engine took longer than ${checkMs / 1000} s.`,
    );
  try {
    const { got, atMs } = await within(work(over.signal), checkMs, clock, late);
    return { finding: { point, kind: 'ok', ms: atMs - startedMs }, got };
  } catch (error) {
    onEvent(guildId, failureEventOf(error, point));
    return { finding: { point, kind: 'bad', line: wrongWith(error, chatName) } };
  } finally {
    over.abort(new Error('the check is over'));
  }
}

/** To the first word. */
async function think(
  { parts: { chat, clock }, reservation }: PaidCheck,
  signal: AbortSignal,
): Promise<TimedResult<true>> {
  const asked = [{ role: 'user', name: 'Check', content: request }] as const;
  for await (const part of chat.paidBy(reservation).reply(asked, [], signal)) {
    if (part.kind === 'text' && part.text.trim() !== '') return { got: true, atMs: clock.nowMs() };
  }
  throw new BotError('provider.empty', true, 'The chat model answered without text.');
}

/** To the first word or sound of a model that hears and speaks. */
async function answer(
  { name }: WantedPipeline,
  { parts: { clock, pipelines }, reservation, style }: PaidCheck,
  signal: AbortSignal,
): Promise<TimedResult<true>> {
  using pipeline = pipelines.open(name);
  const [fromMs, transcript] = [clock.nowMs(), async () => ({ text: request })];
  const said = [{ speakerId: '', name: 'Check', fromMs, toMs: fromMs, transcript }];
  const turn = { said, style, history: [], tools: [] };
  for await (const part of pipeline.paidBy(reservation).answer(turn, silentHost, signal)) {
    if (part.kind === 'audio' || (part.kind === 'text' && part.text.trim() !== '')) {
      return { got: true, atMs: clock.nowMs() };
    }
  }
  throw new BotError('provider.empty', true, 'The model answered without text and sound.');
}

/** All of it, and when the first sound came. */
async function speakSentence(
  { parts: { clock, synthesizer }, reservation, style }: PaidCheck,
  signal: AbortSignal,
): Promise<TimedResult<Pcm>> {
  const pieces: Int16Array[] = [];
  let [rateHz, length]: [number, number] = [listenRateHz, 0];
  let atMs: number | undefined;
  for await (const pcm of synthesizer
    .paidBy(reservation)
    .synthesize(sentence, style.voice, signal)) {
    atMs ??= clock.nowMs();
    rateHz = pcm.rateHz;
    const { samples } = toMono(pcm);
    length += samples.length;
    pieces.push(samples.slice());
    if (length > longestS * rateHz) break;
  }
  if (atMs === undefined)
    throw new BotError('provider.empty', true, 'The synthesizer returned no sound.');
  return { got: { samples: joinSamples(pieces), rateHz, channels: 1 }, atMs };
}

async function listen(
  said: Pcm,
  { parts: { clock, transcriber }, reservation }: PaidCheck,
  signal: AbortSignal,
): Promise<TimedResult<string>> {
  let text = '';
  const paid = transcriber.paidBy(reservation);
  for await (const update of paid.transcribe(resample(said, listenRateHz), signal)) {
    if (update.kind === 'final') text = update.transcript.text;
  }
  if (text.trim() === '') {
    throw new BotError(
      'provider.empty',
      true,
      'The recogniser returned no text for a spoken sentence.',
    );
  }
  return { got: text, atMs: clock.nowMs() };
}
