import { durationMs } from '#src/audio/pcm.ts';
import { meteredVoice } from '#src/speech/metered-voice.ts';
import type { Listening, Transcriber } from '#src/speech/ports.ts';
import type { SessionParts } from './parts.ts';

const heardRateHz = 16_000;

/** Told of sound that was sent to be recognised: all of it, and what of it nobody was told of before. */
export type Heard = (ms: number, newMs: number) => void;

/** The same recogniser for one utterance; each request counts, whole or cut short, unless the server refused it. */
export function meteredTranscriber(transcriber: Transcriber, heard: Heard): Transcriber {
  let toldMs = 0;
  const tell = (ms: number): void => {
    heard(ms, Math.max(0, ms - toldMs));
    toldMs = Math.max(toldMs, ms);
  };
  const { listen } = transcriber;
  return {
    async *transcribe(pcm, signal) {
      signal.throwIfAborted();
      let isRefused = false;
      try {
        yield* transcriber.transcribe(pcm, signal);
      } catch (error) {
        isRefused = !signal.aborted;
        throw error;
      } finally {
        if (!isRefused) tell(durationMs(pcm));
      }
    },
    ...(listen && {
      listen: (onPartial, signal) =>
        meteredListening(
          listen.call(transcriber, onPartial, signal),
          (ms) => heard(ms, ms),
          signal,
        ),
    }),
  };
}

/** Sound that streams is sent once, whatever is asked about it. */
function meteredListening(
  listening: Listening,
  tell: (newMs: number) => void,
  signal: AbortSignal,
): Listening {
  let samples = 0;
  const settle = (): void => {
    if (samples > 0) tell((samples / heardRateHz) * 1_000);
    samples = 0;
  };
  signal.addEventListener('abort', settle, { once: true });
  return {
    push(sound) {
      samples += sound.length;
      listening.push(sound);
    },
    settle(inner) {
      settle();
      return listening.settle(inner);
    },
    [Symbol.dispose]() {
      signal.removeEventListener('abort', settle);
      settle();
      listening[Symbol.dispose]();
    },
  };
}

/** The same parts; what the bot says beside its answers is paid by this server. */
export function withCountedVoice(guildId: string, parts: SessionParts): SessionParts {
  const { spending, synthesizer } = parts;
  const counted = meteredVoice(synthesizer, (spoken) => spending.spoke(guildId, spoken));
  return { ...parts, synthesizer: counted };
}
