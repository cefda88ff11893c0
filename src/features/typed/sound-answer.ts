import { OneRate } from '#src/audio/one-rate.ts';
import { durationMs, joinSamples } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import { atStage, BotError } from '#src/base/errors.ts';
import { within } from '#src/base/waiting.ts';
import type { Usage } from '#src/chat/ports.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import { failureText } from '#src/conversation/alerts/failure-text.ts';
import type { PaidPipeline } from '#src/conversation/engines/paid-engines.ts';
import { silentHost } from '#src/conversation/engines/paid-engines.ts';
import { answerRequestOf } from '#src/conversation/engines/paid-requests.ts';
import type { AskOutcome } from '#src/conversation/ports/command-ports.ts';
import type { ProgramAnswer } from '#src/conversation/ports/http-api-ports.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import { ConfidentialText, type TextOwner } from '#src/people/confidential-text.ts';
import type { ReplyPart, Turn } from '#src/pipeline/pipeline.ts';
import { TimeStretch } from '#src/playback/reply/stretch.ts';

/** A question whose answer is sound that no channel plays. */
export type SoundQuestion = {
  readonly guildId: string;
  readonly turn: Turn;
  readonly pipeline: PaidPipeline;
  /** Its words are not spoken. */
  readonly isWritten?: boolean;
};

/** Rate of answers in files and streams, in Hz: what OpenAI's speech has. */
const soundAnswerRateHz = 24_000;
/** Longest answer in a file, in ms: 8.6 MB, which Discord accepts. */
const longestFileMs = 180_000;

/**
 * Has a pipeline answer, if there is money for it. `onUsage` gets the usage of its model.
 *
 * Reading the parts throws what `Pipeline.answer` throws. Aborting `signal` throws `signal.reason`.
 */
export async function openSoundAnswer(
  { guildId, turn, pipeline, isWritten }: SoundQuestion,
  { spending }: SessionDependencies,
  signal: AbortSignal,
  onUsage: (usage: Usage) => void = () => undefined,
): Promise<ProgramAnswer> {
  const kind = isWritten ? 'answer in writing' : 'answer in a file';
  const opened = spending.open(answerRequestOf(turn, guildId, kind));
  if (opened.kind === 'refused') return { kind: 'failed', line: opened.line };
  const reserved = opened.reservation.watched(onUsage);
  signal.addEventListener('abort', () => reserved.close(), { once: true });
  async function* read(): AsyncGenerator<ReplyPart> {
    using reservation = reserved;
    reservation.wanted();
    yield* pipeline.paidBy(reservation).answer(turn, silentHost, signal);
  }
  return { kind: 'open', parts: read() };
}

/** Answers with a WAV file and the words in it, within `ms`; `owner` is that of what it is made of. Failures and abort: as `answerInWriting`. */
export async function answerInFile(
  asked: SoundQuestion & { readonly owner: TextOwner; readonly speed?: number },
  parts: SessionDependencies,
  ms: number,
  signal: AbortSignal,
): Promise<AskOutcome> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const late = () =>
    new BotError('provider.late', true, `An answer took longer than ${Math.round(ms / 1000)} s.`);
  const layout: GrowingFile = { text: '', pieces: [] };
  try {
    const opened = await openSoundAnswer(asked, parts, until);
    if (opened.kind === 'failed') return opened;
    await within(collect(opened.parts, layout, asked.speed), ms, parts.clock, late);
    return fileOf(layout, asked.owner);
  } catch (error) {
    const failure = atStage('think', error);
    if (signal.aborted || !(failure instanceof BotError)) throw error;
    parts.onEvent(asked.guildId, failureEventOf(failure, 'think'));
    // Where only the voice is out, the words are there.
    if (failure.stage === 'speak' && layout.text.trim() !== '') return fileOf(layout, asked.owner);
    return { kind: 'failed', line: failureText(failure, parts) };
  } finally {
    over.abort(new Error('the answer is over'));
  }
}

/** Words, and samples at `soundAnswerRateHz`, of an answer so far. */
type GrowingFile = { text: string; readonly pieces: Int16Array[] };

/** Sound gets its pace as it arrives: three minutes at once would hold the main thread for half a second. */
async function collect(
  parts: AsyncIterable<ReplyPart>,
  layout: GrowingFile,
  speed = 1,
): Promise<void> {
  const rate = new OneRate(soundAnswerRateHz);
  const stretch = speed === 1 ? undefined : new TimeStretch(speed);
  const take = (samples: Int16Array) => layout.pieces.push(stretch?.push(samples) ?? samples);
  let soundMs = 0;
  for await (const part of parts) {
    if (part.kind === 'text') layout.text += part.text;
    if (part.kind !== 'audio') continue;
    for (const samples of rate.push(part.pcm)) take(samples);
    soundMs += durationMs(part.pcm);
    if (soundMs >= longestFileMs) break;
  }
  take(rate.flush());
  if (stretch) layout.pieces.push(stretch.flush());
}

/** Errors: BotError `provider.empty`. */
function fileOf({ text: written, pieces }: GrowingFile, owner: TextOwner): AskOutcome {
  const text = new ConfidentialText(written.trim(), owner);
  if (written.trim() === '')
    throw new BotError('provider.empty', true, 'The chat model answered without text.');
  const samples = joinSamples(pieces);
  if (samples.length === 0) return { kind: 'answered', text };
  const wav = writeWav({ samples, rateHz: soundAnswerRateHz, channels: 1 });
  return { kind: 'answered', text, wav };
}
