import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import { atStage, BotError } from '#src/base/errors.ts';
import { speakable } from '#src/chat/speakable.ts';
import type { Synthesizer, Voice } from '#src/speech/ports.ts';
import { ahead, type Belt, type Bound } from './ahead.ts';
import type { ReplyPart } from './pipeline.ts';

export type Speech = { readonly synthesizer: Synthesizer; readonly voice: Voice };

/** One clause and its sound, which is being made. */
type Clip = { readonly text: string; readonly sound: AsyncIterable<Pcm> };

/** Clauses given to speech beside the one being read: an interruption wastes two, never ten. */
const clipsAhead: Bound<Clip> = { limit: 2, weigh: () => 1 };
/** Sound of one clause that lies here; the rest waits in the engine. Three of them and the 5 s of a track are below 10 s. */
const soundAhead: Bound<Pcm> = { limit: 800, weigh: durationMs };
/** In which sound goes on to the reader, who may hold one more than there is room for. */
const longestPieceMs = 200;

/**
 * Says `clauses` in order onto `belt`, the next ones being made while one is read.
 *
 * A clause without anything speakable is skipped. Errors: what `clauses` throws, after the sound of those before;
 * BotError `provider.*`, `speech.*` at the place of the clause. Aborting `signal` throws `signal.reason`.
 */
export async function speak(
  clauses: AsyncIterable<string>,
  { synthesizer, voice }: Speech,
  belt: Belt<ReplyPart>,
  signal: AbortSignal,
): Promise<void> {
  const start = (text: string): Clip => {
    belt.put({ kind: 'clause', text });
    const sound = ahead<Pcm>(
      soundAhead,
      async (pieces, inner) => {
        for await (const pcm of synthesizer.synthesize(text, voice, inner)) {
          for (const piece of cut(pcm)) pieces.put(piece);
          await pieces.room();
        }
      },
      signal,
    );
    return { text, sound };
  };
  const clips = ahead<Clip>(
    clipsAhead,
    async (started) => {
      for await (const clause of clauses) {
        const text = speakable(clause);
        if (text === '') continue;
        await started.room();
        started.put(start(text));
      }
    },
    signal,
  );
  for await (const clip of clips) await deliver(clip, belt, signal);
}

async function deliver(
  { text, sound }: Clip,
  belt: Belt<ReplyPart>,
  signal: AbortSignal,
): Promise<void> {
  let began = false;
  try {
    for await (const pcm of sound) {
      belt.put({ kind: 'audio', pcm, ofText: text });
      began = true;
      // A clause is over when its last piece has been taken: only then may one more begin.
      await belt.room();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof BotError && error.code === 'speech.unspeakable' && !began) return;
    throw atStage('speak', error);
  }
}

/** Mono only. */
function* cut(pcm: Pcm): Generator<Pcm> {
  const size = Math.ceil((longestPieceMs / 1000) * pcm.rateHz);
  for (let at = 0; at < pcm.samples.length; at += size) {
    yield { ...pcm, samples: pcm.samples.subarray(at, at + size) };
  }
}
