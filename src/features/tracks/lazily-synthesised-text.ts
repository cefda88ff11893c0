import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { atSpeed } from '#src/playback/reply/stretch.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import { Skip } from '#src/sources/decode/decoder.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/ports.ts';
import { readingRequestOf } from '#src/spending/reservation.ts';
import { soundOf } from '#src/voice/output/clause-sound.ts';

/** Characters of a text that stand for it in lists. */
const titleChars = 40;

/** Title of a text in a list. */
export function titleOf(clauses: readonly string[]): string {
  const words = [...clauses.join(' ')];
  if (words.length <= titleChars) return `\u201c${words.join('')}\u201d`;
  return `\u201c${words.slice(0, titleChars).join('').trim()}\u2026\u201d`;
}

/**
 * A text as a sound for a track. Each clause is synthesised when it is first to be heard, and kept as long as the sound is:
 * what is looped or moved back is not paid for again.
 */
export class LazilySynthesisedText implements SoundSource {
  readonly title: string;
  readonly seekable = true;
  readonly #clauses: readonly string[];
  readonly #context: SessionContext;
  readonly #payer: Asker | undefined;
  readonly #voice: SpeechVoice;
  readonly #speed: number;
  /** By the place of their clause; those that are whole. */
  readonly #made = new Map<number, readonly Pcm[]>();

  constructor(
    clauses: readonly string[],
    context: SessionContext,
    payer: Asker | undefined,
    /** In place of the bot's own voice; `speed` is the pace at which all of it is played. */
    { speed = 1, ...voice }: Omit<SpeechVoice, 'speed'> & { readonly speed?: number },
  ) {
    this.title = titleOf(clauses);
    this.#clauses = clauses;
    this.#context = context;
    this.#payer = payer;
    this.#voice = voice;
    this.#speed = speed;
  }

  /** Ends where there is no money for the rest. Errors: BotError at the stage `speak`. */
  async *open(fromMs: number, signal: AbortSignal): AsyncGenerator<Pcm> {
    const { channel, parts } = this.#context;
    const { spending, synthesizer } = parts;
    const missing = this.#clauses.filter((_, at) => !this.#made.has(at)).join(' ');
    const opened = spending.open(readingRequestOf(missing, channel.guildId, this.#payer));
    if (opened.kind === 'refused') return;
    using reservation = opened.reservation;
    signal.addEventListener('abort', () => reservation.close(), { once: true });
    const paid = synthesizer.paidBy(reservation);
    const voice = paid.oneVoice?.() ?? paid;
    const skip = new Skip(fromMs);
    for (const [at] of this.#clauses.entries()) {
      for await (const pcm of this.#clause(at, voice, signal)) {
        signal.throwIfAborted();
        const rest = skip.cut(pcm);
        if (rest && rest.samples.length > 0) yield rest;
      }
    }
  }

  async *#clause(at: number, synthesizer: Synthesizer, signal: AbortSignal): AsyncGenerator<Pcm> {
    const kept = this.#made.get(at);
    if (kept) return yield* kept;
    const { parts, style } = this.#context;
    const reading = {
      synthesizer,
      voice: { ...style().voice, ...this.#voice },
      clock: parts.clock,
    };
    const made = soundOf(this.#clauses[at] ?? '', reading, signal);
    const pieces: Pcm[] = [];
    for await (const pcm of this.#speed === 1 ? made : atSpeed(made, this.#speed)) {
      pieces.push(pcm);
      yield pcm;
    }
    this.#made.set(at, pieces);
  }
}
