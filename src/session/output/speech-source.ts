import { durationMs, type Pcm } from '#src/audio/pcm.ts';
import type { SoundChunk, SoundSource } from '#src/audio/sound-source.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/ports.ts';
import { soundOf } from './read-aloud.ts';

/** Characters of a text that stand for it in lists. */
const titleChars = 40;

/** What of a text people see in a list. */
export function titleOf(clauses: readonly string[]): string {
  const words = [...clauses.join(' ')];
  if (words.length <= titleChars) return `“${words.join('')}”`;
  return `“${words.slice(0, titleChars).join('').trim()}…”`;
}

/**
 * A text as a sound for a track. Each clause is synthesised when it is first to be heard, and kept as long as the sound is:
 * what is looped or moved back is not paid for again.
 */
export class SpeechSource implements SoundSource {
  readonly title: string;
  readonly seekable = true;
  readonly #clauses: readonly string[];
  readonly #parts: Pick<SessionDependencies, 'clock' | 'style' | 'synthesizer'>;
  readonly #voice: SpeechVoice;
  /** By the place of their clause; those that are whole. */
  readonly #made = new Map<number, readonly Pcm[]>();
  #synthesizer: Synthesizer | undefined;

  constructor(
    clauses: readonly string[],
    parts: Pick<SessionDependencies, 'clock' | 'style' | 'synthesizer'>,
    /** In place of the bot's own voice. */
    voice: SpeechVoice,
  ) {
    this.title = titleOf(clauses);
    this.#clauses = clauses;
    this.#parts = parts;
    this.#voice = voice;
  }

  /** Errors: BotError at the stage `speak`. */
  async *open(fromMs: number, signal: AbortSignal): AsyncGenerator<SoundChunk> {
    let leftMs = fromMs;
    for (const [at] of this.#clauses.entries()) {
      for await (const pcm of this.#clause(at, signal)) {
        signal.throwIfAborted();
        const lengthMs = durationMs(pcm);
        const rest = leftMs <= 0 ? pcm : behind(pcm, leftMs);
        leftMs = Math.max(0, leftMs - lengthMs);
        if (rest.samples.length > 0) yield { kind: 'pcm', pcm: rest };
      }
    }
  }

  async *#clause(at: number, signal: AbortSignal): AsyncGenerator<Pcm> {
    const made = this.#made.get(at);
    if (made) return yield* made;
    const pieces: Pcm[] = [];
    for await (const pcm of this.#synthesised(this.#clauses[at] ?? '', signal)) {
      pieces.push(pcm);
      yield pcm;
    }
    this.#made.set(at, pieces);
  }

  /** One voice for all of it. */
  #synthesised(clause: string, signal: AbortSignal): AsyncGenerator<Pcm> {
    const { clock, style, synthesizer } = this.#parts;
    this.#synthesizer ??= synthesizer.oneVoice?.() ?? synthesizer;
    const voice = { ...style.voice, ...this.#voice };
    return soundOf(clause, { synthesizer: this.#synthesizer, voice, clock }, signal);
  }
}

/** What of a sound comes after so many ms of it. */
function behind({ samples, rateHz, channels }: Pcm, ms: number): Pcm {
  const from = Math.min(samples.length, Math.round((ms * rateHz) / 1000) * channels);
  return { samples: samples.subarray(from), rateHz, channels };
}
