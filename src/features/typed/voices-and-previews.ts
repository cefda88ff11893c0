import { OneRate } from '#src/audio/one-rate.ts';
import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import { BotError } from '#src/base/errors.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import { failureText } from '#src/conversation/alerts/failure-text.ts';
import { WrittenAnswerConcurrency } from '#src/conversation/answering/written-answer-concurrency.ts';
import { speechRequestOf } from '#src/conversation/engines/paid-requests.ts';
import { spokenText } from '#src/conversation/languages/localized-text.ts';
import { clausesOf, soundOf } from '#src/conversation/output/read-aloud.ts';
import type { Asker } from '#src/conversation/ports/command-ports.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { VoiceSession } from '#src/conversation/voice-session.ts';
import type { VoiceSessions } from '#src/conversation/voice-sessions.ts';
import { openText } from '#src/people/confidential-text.ts';
import { stretched } from '#src/playback/reply/stretch.ts';
import { baseLanguage } from '#src/speech/language-hint.ts';
import { voiceNamed } from '#src/speech/voice-names.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { queueReading } from './queue-reading.ts';

export type VoiceSample = {
  /** Absent: the bot's usual one. */
  readonly voice?: string;
  /** Pace; 1 is usual. */
  readonly speed?: number;
  /** Language of the sentence, BCP 47. */
  readonly language: string;
};

export type PreviewOutcome =
  | { readonly kind: 'aloud' }
  /** 24 kHz mono. `isGone`: there is no such voice any more, so that the standard one speaks. */
  | { readonly kind: 'file'; readonly wav: Uint8Array; readonly isGone?: true }
  /** Reason for the listener why there is nothing to hear. */
  | { readonly kind: 'failed'; readonly line: TextLine };

/** Voices and models that read texts, and previews of voices. */
export class VoicesAndPreviews {
  readonly #speechModels: readonly string[];
  readonly #parts: SessionDependencies;
  readonly #sessions: VoiceSessions;
  readonly #signal: AbortSignal;
  /** Files that are being made: one for each person. */
  readonly #files = new WrittenAnswerConcurrency();

  /** Aborting `signal` ends what is being made. */
  constructor(
    parts: SessionDependencies,
    sessions: VoiceSessions,
    speechModels: readonly string[],
    signal: AbortSignal,
  ) {
    this.#speechModels = speechModels;
    this.#parts = parts;
    this.#sessions = sessions;
    this.#signal = signal;
  }

  /** Speech models that may be chosen for a text, the default first; empty: there is no choice. */
  models(): readonly string[] {
    return this.#speechModels;
  }

  /** Whether the speech engine accepts a tone; an embedded one does not. */
  acceptsTone(): boolean {
    return this.#speechModels.length > 0; // an embedded engine has no model to name
  }

  /** Whether answers in that server can be spoken in this language (BCP 47); the embedded engine speaks English only. */
  speaks(guildId: string, language: string): boolean {
    const isEmbedded = this.#speechModels.length === 0;
    const { pipeline } = this.#sessions.settings.in(guildId);
    return !isEmbedded || pipeline !== 'chained' || baseLanguage(language) === 'en';
  }

  /** Names of the voices, as far as the server lists them, within 2 s; empty where they are unknown. Never throws. */
  names(): Promise<readonly string[]> {
    return this.#parts.voices.load();
  }

  /** A typed voice as its server writes it, ignoring case; undefined where there is none. */
  async named(typed: string): Promise<string | undefined> {
    return voiceNamed(typed, await this.names());
  }

  /**
   * Plays a voice to a person: aloud where they sit with the bot, no person talks, nothing plays and nothing waits; else in a
   * file. Paid like a text that is read out.
   */
  async preview(guildId: string, listener: Asker, sample: VoiceSample): Promise<PreviewOutcome> {
    const { places, spending } = this.#parts;
    const used = spending.used(guildId);
    if (used) return { kind: 'failed', line: used.line };
    const bot = places.botName(guildId);
    const line = { id: 'voice.preview.words', with: { bot } } as const;
    const words = spokenText(line, guildId, this.#parts, sample.language);
    const clauses = clausesOf(words);
    const session = this.#sessions.session(guildId);
    if (session && isQuiet(session) && sayAloud(session, listener, clauses, sample))
      return { kind: 'aloud' };
    const place = this.#files.enter(guildId, listener.id);
    if ('line' in place) return { kind: 'failed', line: place.line };
    using _ = place;
    return await this.#inFile(guildId, listener, clauses, sample);
  }

  async #inFile(
    guildId: string,
    listener: Asker,
    clauses: readonly string[],
    { speed = 1, voice }: VoiceSample,
  ): Promise<PreviewOutcome> {
    const { clock, onEvent, spending } = this.#parts;
    const order = speechRequestOf('voice preview', guildId, clauses.join(' '), listener);
    const opened = spending.open(order);
    if (opened.kind === 'refused') return { kind: 'failed', line: opened.line };
    using reservation = opened.reservation;
    const synthesizer = this.#parts.synthesizer.paidBy(reservation);
    const { settings } = this.#sessions;
    await settings.load(guildId);
    const gone: string[] = [];
    const onGone = (name: string) => void gone.push(name);
    const named = voice !== undefined && { name: voice };
    const spoken = { ...settings.styleIn(guildId).voice, ...named, onGone };
    const how = { synthesizer: synthesizer.oneVoice?.() ?? synthesizer, voice: spoken, clock };
    try {
      const pieces: Int16Array[] = [];
      const rate = new OneRate(speakRateHz);
      for (const clause of clauses) {
        for await (const pcm of soundOf(clause, how, this.#signal)) pieces.push(...rate.push(pcm));
      }
      pieces.push(rate.flush());
      const samples = joinSamples([...stretched(joinSamples(pieces), speed)]);
      const wav = writeWav({ samples, rateHz: speakRateHz, channels: 1 });
      return { kind: 'file', wav, ...(gone.length > 0 && { isGone: true }) };
    } catch (error) {
      if (this.#signal.aborted || !(error instanceof BotError)) throw error;
      onEvent(guildId, failureEventOf(error, 'speak'));
      return { kind: 'failed', line: failureLine(error, this.#parts) };
    }
  }
}

/** Speech now disturbs no person: no person talks, nothing plays, and nothing waits. */
function isQuiet({ context, mode, restrictions }: VoiceSession): boolean {
  const { connection, mix, queue } = context;
  const isFree = mode === 'talk' && queue.isFree;
  const isSilent = connection.isQuiet && mix.tracks.all().every(({ now }) => !now);
  return isFree && !restrictions.isMute && isSilent;
}

/** Has it said in the channel if that disturbs no person; false where it would. */
function sayAloud(
  session: VoiceSession,
  owner: Asker,
  clauses: readonly string[],
  { speed, voice }: VoiceSample,
): boolean {
  if (!session.isHere(owner.id)) return false;
  const manner = { voice, speed };
  const reading = {
    kind: 'reading',
    clauses: clauses.map(openText),
    when: 'now',
    owner,
    payer: owner,
    ...manner,
  } as const;
  return queueReading(reading, clauses, session).kind === 'queued';
}

/** Where the voice alone is out, there is nothing else to hear. */
function failureLine(error: BotError, parts: SessionDependencies) {
  const line = failureText(error, parts);
  return line.id === 'fail.llm' ? ({ id: 'store.unread' } as const) : line;
}
