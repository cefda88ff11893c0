import { OneRate } from '#src/audio/one-rate.ts';
import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { currentTurn } from '#src/conversation/machine/questions.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { spokenLocale, spokenText } from '#src/notices/localized-text.ts';
import { voiceIn } from '#src/pipeline/answer-language.ts';
import type { CueTrack, PlayedCue } from '#src/playback/reply/cue-track.ts';
import { speechRequestOf } from '#src/spending/paid-requests.ts';
import type { PlainTextId } from '#src/texts/texts.ts';

type PlainTextLine = { readonly id: PlainTextId };

/** More than two words need. */
const longestMs = 5_000;

/** Cues of a wait for an answer, as they are played on one connection. */
export class WaitingCues {
  readonly #context: SessionContext;
  readonly #cues: CueTrack;
  readonly #signal: AbortSignal;
  /** Cues of this wait: it ends these and no others. */
  #played: readonly PlayedCue[] = [];

  /** Aborting `signal` ends what is being made. */
  constructor(context: SessionContext, cues: CueTrack, signal: AbortSignal) {
    this.#context = context;
    this.#cues = cues;
    this.#signal = signal;
  }

  play(cue: 'tick' | 'moment' | 'pad'): void {
    if (cue === 'tick') this.#keep(this.#cues.play('thinking'));
    if (cue === 'pad') this.#keep(this.#cues.play('pad'));
    if (cue === 'moment') void this.#saySoon();
  }

  /** Nothing is awaited any more. */
  over(): void {
    for (const cue of this.#played) this.#cues.cut(cue);
    this.#played = [];
  }

  /** The tool that runs for the answer. */
  get #step() {
    const { stepOf, talk } = this.#context;
    return stepOf(talk.state.floor.current?.reply);
  }

  /** Says that it takes a moment, if the wait goes on. Never throws: a voice that fails now is reported with the answer. */
  async #saySoon(): Promise<void> {
    const { languages, talk } = this.#context;
    const turn = currentTurn(talk.state);
    const { reply } = talk.state.floor.current ?? {};
    if (!turn) return;
    const line = { id: this.#step ?? ('slow.voice' as const) };
    const pieces = await this.#speechOf(line, languages.of(turn.by));
    const { current } = talk.state.floor;
    const isSilent = current?.reply === reply && (!current?.isAudible || current.isStarved);
    if (this.#signal.aborted || !isSilent || pieces.length === 0) return;
    this.#keep(this.#cues.say(joinSamples(pieces).subarray(0, (longestMs * speakRateHz) / 1000)));
  }

  /** Sound of a line; none where its voice fails, or there is no money. */
  async #speechOf(line: PlainTextLine, language: string | undefined): Promise<Int16Array[]> {
    const { channel, parts, style } = this.#context;
    const words = spokenText(line, channel.guildId, parts, language);
    const voice = voiceIn(spokenLocale(channel.guildId, parts, language), style());
    const opened = parts.spending.open(speechRequestOf('notice', channel.guildId, words));
    if (opened.kind === 'refused') return [];
    using reservation = opened.reservation;
    const rate = new OneRate(speakRateHz);
    const pieces: Int16Array[] = [];
    try {
      const sound = parts.synthesizer.paidBy(reservation).synthesize(words, voice, this.#signal);
      for await (const pcm of sound)
        pieces.push(...rate.push({ ...pcm, samples: pcm.samples.slice() }));
    } catch (error) {
      if (this.#signal.aborted || error instanceof BotError) return [];
      throw error;
    }
    return [...pieces, rate.flush()];
  }

  /** The one that sounds, and the one that follows it. */
  #keep(cue: PlayedCue | undefined): void {
    if (cue) this.#played = [...this.#played, cue].slice(-2);
  }
}
