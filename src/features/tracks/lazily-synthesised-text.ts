import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { VoiceDeps } from '#src/conversation/output/answer-delivery.ts';
import type { SessionPlace } from '#src/conversation/session.ts';
import { changeSpeed } from '#src/playback/reply/time-stretch.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import { SoundSkip } from '#src/sources/decode/decoder.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';
import { createBudgetError, toAnnouncementRequest } from '#src/spending/reservation.ts';
import { synthesizeClause } from '#src/voice/output/speech-output.ts';

/** People outside the voice channel read titles. */
export const speechTitle = '\u201c\u2026\u201d';

/**
 * Creates a sound whose clauses are synthesised at need. `speed` is the pace of the
 * whole.
 */
export function createLazySpeech(
  clauses: readonly string[],
  { channel, getStyle }: Pick<SessionPlace, 'channel' | 'getStyle'>,
  { spending, synthesizer }: VoiceDeps,
  payer: Asker | undefined,
  { speed = 1, ...ownVoice }: Omit<SpeechVoice, 'speed'> & { readonly speed?: number },
): SoundSource {
  /** Whole clauses, by place. */
  const made = new Map<number, readonly Pcm[]>();

  async function* readClause(at: number, speaker: Synthesizer, signal: AbortSignal) {
    const kept = made.get(at);
    if (kept) return yield* kept;
    const reading = {
      synthesizer: speaker,
      voice: { ...getStyle().voice, ...ownVoice },
    };
    const sound = synthesizeClause(clauses[at] ?? '', reading, signal);
    const pieces: Pcm[] = [];
    for await (const pcm of speed === 1 ? sound : changeSpeed(sound, speed)) {
      pieces.push(pcm);
      yield pcm;
    }
    made.set(at, pieces);
  }

  async function* openSpeech(fromMs: number, signal: AbortSignal) {
    const missing = clauses.filter((_, at) => !made.has(at)).join(' ');
    const opened = spending.open(
      toAnnouncementRequest(missing, channel.guildId, payer),
    );
    if (opened.kind === 'refused') throw createBudgetError(opened.cap);
    using reservation = opened.reservation;
    signal.addEventListener('abort', () => reservation.close(), { once: true });
    const paid = synthesizer.withReservation(reservation);
    const speaker = paid.fixEngine?.() ?? paid;
    const skip = new SoundSkip(fromMs);
    for (const at of clauses.keys()) {
      for await (const pcm of readClause(at, speaker, signal)) {
        signal.throwIfAborted();
        const rest = skip.cutPcm(pcm);
        if (rest?.samples.length) yield rest;
      }
    }
  }

  return { title: speechTitle, isSeekable: true, open: openSpeech };
}
