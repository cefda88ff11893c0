import { durationMs } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import { atStage } from '#src/base/errors.ts';
import { unlessAborted } from '#src/base/waiting.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { Turn, TurnUtterance } from '#src/pipeline/pipeline.ts';
import { promptHead, promptOf } from '#src/pipeline/prompt.ts';

/** Form of utterances for an audio model. */
export type AudioInput = 'audio' | 'transcript';

/** Request to an audio model. */
export type AudioPrompt = {
  readonly messages: readonly ChatMessage[];
  /** Sound in `messages`. */
  readonly soundMs: number;
  /** Whether the utterances hold a word; true if the recogniser failed, since the model hears by itself. Never throws. */
  readonly hasWords: Promise<boolean>;
  /** All in words, for the requests after the first: sound is sent once. Never throws. */
  readonly inWords: Promise<readonly ChatMessage[] | undefined>;
};

/**
 * The prompt of a turn at once, with its sound while that is still being recognised; in words where there is no sound or
 * `input` requires it. Undefined when that gives no word.
 *
 * Errors: the recogniser's, where words are needed. Aborting `signal` throws `signal.reason`.
 */
export async function audioPrompt(
  turn: Turn,
  input: AudioInput,
  signal: AbortSignal,
): Promise<AudioPrompt | undefined> {
  const inWords = promptOf(turn, signal);
  inWords.catch(() => undefined); // its reader gets the error
  if (input === 'transcript' || turn.said.every(({ pcm }) => pcm === undefined)) {
    const messages = await inWords;
    return messages && { messages, soundMs: 0, hasWords: Promise.resolve(true), inWords };
  }
  const heard = await unlessAborted(Promise.all(turn.said.map(asHeard)), signal).catch(
    (error: unknown) => {
      signal.throwIfAborted();
      throw atStage('recognise', error);
    },
  );
  const soundMs = turn.said.reduce((sum, { pcm }) => sum + (pcm ? durationMs(pcm) : 0), 0);
  return {
    messages: [...promptHead(turn), ...heard.flat()],
    soundMs,
    hasWords: inWords.then(
      (words) => words !== undefined,
      () => true,
    ),
    inWords: inWords.catch(() => undefined),
  };
}

async function asHeard({ name, pcm, transcript }: TurnUtterance): Promise<ChatMessage[]> {
  const words = async () => (await transcript()).text.trim();
  if (pcm) return [{ role: 'user', name, content: '', wav: writeWav(pcm), words }];
  const content = await words();
  return content === '' ? [] : [{ role: 'user', name, content }];
}
