import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { atStage, BotError } from '#src/base/errors.ts';
import { speakable } from '#src/chat/text/speakable.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/ports.ts';
import { ahead, type Bound, type BoundedQueue } from './ahead.ts';
import type { ReplyPart } from './pipeline.ts';

export type ClauseVoice = { readonly synthesizer: Synthesizer; readonly voice: SpeechVoice };

/** One clause and its sound, which is being made. */
type ClauseSound = { readonly text: string; readonly sound: AsyncIterableIterator<Pcm> };

/** Clauses given to speech beside the one being read: an interruption wastes two, never ten. */
const clipsAhead: Bound<ClauseSound> = { limit: 2, weigh: () => 1 };
/** Sound of one clause that lies here; the rest waits in the engine. Three of them and the 5 s of a track are below 10 s. */
const soundAhead: Bound<Pcm> = { limit: 800, weigh: durationMs };
/** Longest piece in which sound is passed to the reader, who may hold one more than the limit. */
const longestPieceMs = 200;

/** Clauses in a row without sound after which the voice counts as failed. */
const mostUnspoken = 2;

/** State of the voice of one answer. */
type Course = {
  unspoken: number;
  error?: unknown;
  isOut: boolean;
  readonly language: string | undefined;
};

/**
 * Speaks `clauses` in order onto `queue`, the next ones being made while one is read.
 *
 * A clause without anything speakable is skipped. One whose sound fails is reported as `unspoken`, and the rest continues; where
 * the voice fails for good, the rest is not spoken. Errors:
 * those of `clauses`, after the sound of earlier ones; BotError `provider.*`, `speech.*` at the end, if the last clause
 * was unspoken, but not for want of a voice for its language: then all of it is written, as it has to be. Aborting
 * `signal` throws `signal.reason`.
 */
export async function speak(
  clauses: AsyncIterable<string>,
  { synthesizer, voice }: ClauseVoice,
  queue: BoundedQueue<ReplyPart>,
  signal: AbortSignal,
): Promise<void> {
  const speech = { synthesizer: synthesizer.oneVoice?.() ?? synthesizer, voice };
  const course: Course = { unspoken: 0, isOut: false, language: voice.language };
  const clips = ahead<ClauseSound>(
    clipsAhead,
    async (started) => {
      for await (const clause of clauses) {
        const text = speakable(clause);
        if (text === '') continue;
        if (!course.isOut) await started.space();
        if (course.isOut) continue; // the text is still passed on to be read
        queue.put({ kind: 'clause', text });
        started.put({ text, sound: begin(text, speech, signal) });
      }
    },
    signal,
  );
  for await (const clip of clips) {
    if (course.isOut) await clip.sound.return?.();
    else await deliver(clip, course, queue, signal);
  }
  if (course.unspoken > 0 && !lacksVoice(course.error)) throw atStage('speak', course.error);
}

function begin(
  text: string,
  { synthesizer, voice }: ClauseVoice,
  signal: AbortSignal,
): ClauseSound['sound'] {
  return ahead<Pcm>(
    soundAhead,
    async (pieces, inner) => {
      for await (const pcm of synthesizer.synthesize(text, voice, inner)) {
        for (const piece of cut(pcm)) pieces.put(piece);
        await pieces.space();
      }
    },
    signal,
  );
}

async function deliver(
  { text, sound }: ClauseSound,
  course: Course,
  queue: BoundedQueue<ReplyPart>,
  signal: AbortSignal,
): Promise<void> {
  let began = false;
  try {
    for await (const pcm of sound) {
      queue.put({ kind: 'audio', pcm, ofText: text });
      began = true;
      // A clause is over when its last piece has been taken: only then may one more begin.
      await queue.space();
    }
    course.unspoken = 0;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof BotError)) throw error;
    if (error.code === 'speech.unspeakable' && !began) return;
    const { language } = course;
    const isForeign = language !== undefined && lacksVoice(error);
    queue.put({ kind: 'unspoken', text, ...(isForeign && { language }) });
    course.unspoken++;
    course.error = error;
    const mayMend = error.code !== 'provider.late' && error.retryable;
    course.isOut = course.unspoken >= mostUnspoken || !mayMend;
  }
}

function lacksVoice(error: unknown): boolean {
  return error instanceof BotError && error.code === 'speech.no_voice';
}

/** Mono only. */
function* cut(pcm: Pcm): Generator<Pcm> {
  const size = Math.ceil((longestPieceMs / 1000) * pcm.rateHz);
  for (let at = 0; at < pcm.samples.length; at += size) {
    yield { ...pcm, samples: pcm.samples.subarray(at, at + size) };
  }
}
