import type { Pcm } from '#src/audio/pcm.ts';
import type { SoundSource } from '#src/audio/sound-source.ts';
import type { VoiceDeps } from '#src/conversation/output/answer-delivery.ts';
import type { SessionPlace } from '#src/conversation/session.ts';
import { changeSpeed } from '#src/playback/reply/time-stretch.ts';
import type { Asker } from '#src/ports/command-ports.ts';
import { Skip } from '#src/sources/decode/decoder.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';
import { toReadingRequest } from '#src/spending/reservation.ts';
import { synthesizeClause } from '#src/voice/output/clause-sound.ts';

/** Title of a text. Titles are told outside the voice channel too, so it holds none of the words. */
export const speechTitle = '\u201c\u2026\u201d';

/**
 * A text as a sound for a track, in a voice in place of the bot's own; `speed` is the pace at which all of it is played. Each
 * clause is synthesised when it is first to be heard, and kept as long as the sound is: what is looped or moved back is not
 * paid for again.
 */
export function createLazySpeech(
  clauses: readonly string[],
  { channel, getStyle }: Pick<SessionPlace, 'channel' | 'getStyle'>,
  { clock, spending, synthesizer }: VoiceDeps,
  payer: Asker | undefined,
  { speed = 1, ...ownVoice }: Omit<SpeechVoice, 'speed'> & { readonly speed?: number },
): SoundSource {
  /** By the place of their clause; those that are whole. */
  const made = new Map<number, readonly Pcm[]>();

  async function* readClause(at: number, speaker: Synthesizer, signal: AbortSignal) {
    const kept = made.get(at);
    if (kept) return yield* kept;
    const reading = { synthesizer: speaker, voice: { ...getStyle().voice, ...ownVoice }, clock };
    const sound = synthesizeClause(clauses[at] ?? '', reading, signal);
    const pieces: Pcm[] = [];
    for await (const pcm of speed === 1 ? sound : changeSpeed(sound, speed)) {
      pieces.push(pcm);
      yield pcm;
    }
    made.set(at, pieces);
  }

  /** Ends where there is no money for the rest. Errors: BotError at the stage `speak`. */
  async function* openSound(fromMs: number, signal: AbortSignal): AsyncGenerator<Pcm> {
    const missing = clauses.filter((_, at) => !made.has(at)).join(' ');
    const opened = spending.open(toReadingRequest(missing, channel.guildId, payer));
    if (opened.kind === 'refused') return;
    using reservation = opened.reservation;
    signal.addEventListener('abort', () => reservation.close(), { once: true });
    const paid = synthesizer.paidBy(reservation);
    const speaker = paid.fixVoice?.() ?? paid;
    const skip = new Skip(fromMs);
    for (const at of clauses.keys()) {
      for await (const pcm of readClause(at, speaker, signal)) {
        signal.throwIfAborted();
        const rest = skip.cutPcm(pcm);
        if (rest?.samples.length) yield rest;
      }
    }
  }

  return { title: speechTitle, isSeekable: true, open: openSound };
}
