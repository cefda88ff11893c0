import { levelSpeech } from '#src/audio/loudness/loudness.ts';
import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { VoiceDeps } from '#src/conversation/mouth/answer-delivery.ts';
import { synthesizeClause } from '#src/conversation/mouth/speech-output.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import { changeSpeed } from '#src/playback/reply/time-stretch.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import { SoundSkip } from '#src/sources/decode/decoder.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';
import { createBudgetError, toAnnouncementRequest } from '#src/spending/reservation.ts';

/** People outside the voice channel read titles. */
export const speechTitle = '\u201c\u2026\u201d';

type LazySpeechOptions = Omit<SpeechVoice, 'speed'> & {
  /** Pace of the whole. Default: 1. */
  readonly speed?: number;
};

/** A sound whose clauses are synthesised at need, and kept for a second reading. */
export class LazySpeech implements SoundSource {
  readonly title: string = speechTitle;
  readonly isSeekable = true;
  readonly isSpeech = true;
  readonly #clauses: readonly string[];
  readonly #place: Pick<SessionChannel, 'channel' | 'getStyle'>;
  readonly #deps: VoiceDeps;
  readonly #payer: Asker | undefined;
  readonly #options: LazySpeechOptions;
  /** Sound of whole clauses, by index. */
  readonly #synthesised = new Map<number, readonly Pcm[]>();

  constructor(
    clauses: readonly string[],
    voiceChannel: Pick<SessionChannel, 'channel' | 'getStyle'>,
    deps: VoiceDeps,
    payer: Asker | undefined,
    options: LazySpeechOptions,
  ) {
    this.#clauses = clauses;
    this.#place = voiceChannel;
    this.#deps = deps;
    this.#payer = payer;
    this.#options = options;
  }

  /** Reads the sound from a position. Throws a budget error, and errors of the synthesizer. */
  async *open(fromMs: number, signal: AbortSignal): AsyncGenerator<Pcm> {
    const { spending, synthesizer } = this.#deps;
    const missingText = this.#clauses
      .filter((_, index) => !this.#synthesised.has(index))
      .join(' ');
    const opened = spending.open(
      toAnnouncementRequest(missingText, this.#place.channel.guildId, this.#payer),
    );
    if (opened.kind === 'refused') throw createBudgetError(opened.cap);
    using reservation = opened.reservation;
    signal.addEventListener('abort', () => reservation.close(), { once: true });
    const paid = synthesizer.withReservation(reservation);
    const speaker = paid.fixEngine?.() ?? paid;
    const skip = new SoundSkip(fromMs);
    for (const index of this.#clauses.keys()) {
      for await (const pcm of this.#readClause(index, speaker, signal)) {
        signal.throwIfAborted();
        const remainingPcm = skip.cutPcm(pcm);
        if (remainingPcm?.samples.length) yield remainingPcm;
      }
    }
  }

  async *#readClause(
    index: number,
    synthesizer: Synthesizer,
    signal: AbortSignal,
  ): AsyncGenerator<Pcm> {
    const synthesised = this.#synthesised.get(index);
    if (synthesised) return yield* synthesised;
    const { speed = 1, ...voice } = this.#options;
    const reading = {
      synthesizer,
      voice: { ...this.#place.getStyle().voice, ...voice },
    };
    const sound = levelSpeech(
      synthesizeClause(this.#clauses[index] ?? '', reading, signal),
    );
    const pieces: Pcm[] = [];
    for await (const pcm of speed === 1 ? sound : changeSpeed(sound, speed)) {
      pieces.push(pcm);
      yield pcm;
    }
    this.#synthesised.set(index, pieces);
  }
}
