import { getDurationMs, listenRateHz } from '#src/audio/pcm.ts';
import { type Admitted, admit } from '#src/base/admitted.ts';
import type {
  ChatJob,
  EndOfTurnJob,
  JobKind,
  JobOrder,
  ModelJob,
  SpeakJob,
  TranscribeJob,
} from '#src/speech/local/model-jobs.ts';

/** Longest sound of one job. */
export const maxSegmentMs = 10_000;
/** Longest request to a chat model, in bytes of JSON. */
const maxChatBytes = 1_000_000;
/** Sound that the end of a turn is judged by. */
export const judgedMs = 8_000;
/** Longest text of one job. The model process speaks one piece of it, of at most the phonemes of 8 s. */
export const maxTextLetters = 1_000;

/**
 * Admits work for the model process: bounds one job, and prices it in ms of the model thread and in bytes, for the server
 * that wants it. Longer sound and text have to be cut before: they throw an Error.
 *
 * @example
 * import { noGuild } from '#src/base/ids.ts';
 * import { admitJob } from '#src/speech/local/jobs/admit-job.ts';
 *
 * const work = { samples: new Int16Array(16_000) };
 * const order = { kind: 'end-of-turn', folder: 'smart-turn', work, guildId: noGuild, urgency: 'turn' } as const;
 * admitJob(order).threadMs; // 28
 */
export function admitJob<Kind extends JobKind>(
  order: JobOrder<Kind>,
): Admitted<ModelJob<Kind>, 'job'> {
  return admit('job', { ...order, ...priceJob(order) });
}

/**
 * Measured on two shared cores, within a fifth for sound of 0.5 to 10 s and of voices up to 5 s. Only the ratios count. The
 * longest run is the judgement of 8 s: 154 ms.
 */
const thread = {
  recogniseMs: { first: 140, perSecond: 145 },
  secondTryMs: 250,
  judgeMs: { first: 10, perSecond: 18 },
  speakMs: { first: 30, perSecond: 120 },
  /** Of a model of 1.5 billion weights: a prompt is mostly known, and few answers have as many tokens as they may. */
  chatMs: { first: 500, perKilobyte: 20, perToken: 60, usualTokens: 60 },
};
/** A letter that is spelt, a digit and a sign are words: `W` takes as long as nine letters. */
const [lettersPerSecond, lettersOfSpelt, maxPieceSeconds] = [13, 9, 8];
const speltLetter = /[^\p{Ll}\s.,'!?]/gu;
const soundsPerSecond = 20;
type SoundPrice = { readonly first: number; readonly perSecond: number };

function priceJob({ kind, work }: JobOrder) {
  if ('forgets' in work) return { threadMs: 1, bytes: 0 };
  if ('body' in work) return priceChat(work);
  return 'samples' in work ? priceSound(kind, work) : priceText(work);
}

function priceSound(kind: JobKind, work: TranscribeJob | EndOfTurnJob) {
  const { samples } = work;
  const maxMs = kind === 'transcribe' ? maxSegmentMs : judgedMs;
  const soundMs = getDurationMs({ samples, rateHz: listenRateHz, channels: 1 });
  if (soundMs > maxMs) throw new RangeError(`A job holds at most ${maxMs} ms.`);
  const price = kind === 'transcribe' ? thread.recogniseMs : thread.judgeMs;
  const moreMs = 'isSecondTry' in work && work.isSecondTry ? thread.secondTryMs : 0;
  return {
    threadMs: moreMs + priceThread(price, soundMs),
    bytes: samples.byteLength,
  };
}

function priceThread({ first, perSecond }: SoundPrice, soundMs: number) {
  return first + (perSecond * soundMs) / 1_000;
}

/** Estimates the time, in ms of the model thread, of judging by so much sound whether a turn is over. */
export function estimateJudgementMs(soundMs: number): number {
  return priceThread(thread.judgeMs, Math.min(soundMs, judgedMs));
}

/** Estimates the time, in ms of the model thread, of recognising so much sound, in as many jobs as it needs. */
export function estimateRecognitionMs(soundMs: number): number {
  const { first } = thread.recogniseMs;
  const furtherJobs = Math.max(0, Math.ceil(soundMs / maxSegmentMs) - 1);
  return first * furtherJobs + priceThread(thread.recogniseMs, soundMs);
}

function priceChat({ body, maxTokens }: ChatJob) {
  if (body.length > maxChatBytes)
    throw new RangeError(`A request has at most ${maxChatBytes} bytes.`);
  const { first, perKilobyte, perToken, usualTokens } = thread.chatMs;
  const answerMs = perToken * Math.min(maxTokens, usualTokens);
  return {
    threadMs: first + (perKilobyte * body.length) / 1_000 + answerMs,
    bytes: 2 * body.length,
  };
}

function priceText(work: SpeakJob) {
  const { clauses, ipa } =
    'rest' in work ? work.rest : { clauses: [work.text], ipa: [] };
  const bytes = 2 * [...ipa, ...clauses].reduce((sum, text) => sum + text.length, 0);
  if ('text' in work && work.text.length > maxTextLetters)
    throw new RangeError(`A job holds at most ${maxTextLetters} letters.`);
  const [nextIpa] = ipa;
  const seconds =
    nextIpa === undefined
      ? estimateSeconds(clauses[0] ?? '')
      : nextIpa.length / soundsPerSecond;
  const { first, perSecond } = thread.speakMs;
  const pieceSeconds = Math.min(maxPieceSeconds, work.lengthScale * seconds);
  return { threadMs: first + perSecond * pieceSeconds, bytes };
}

function estimateSeconds(text: string) {
  const spelt = text.match(speltLetter)?.length ?? 0;
  return (text.length + (lettersOfSpelt - 1) * spelt) / lettersPerSecond;
}
