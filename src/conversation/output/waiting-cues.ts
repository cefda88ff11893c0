import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { speechRequestOf } from '#src/conversation/engines/paid-requests.ts';
import { spokenLocale, spokenText } from '#src/conversation/languages/localized-text.ts';
import type { QueuedQuestion } from '#src/conversation/queue/queued-turn.ts';
import type { SpeakingContext } from '#src/conversation/session-context.ts';
import { voiceIn } from '#src/pipeline/answer-language.ts';
import type { CueTrack, PlayedCue } from '#src/playback/reply/cue-track.ts';
import { SpeakRate } from '#src/playback/reply/speak-rate.ts';
import {
  stepWaiting,
  type Waiting,
  waitingRules,
  waitSince,
  waitsFromMs,
} from '#src/turn/waiting.ts';

/** More than two words need. */
const longestMs = 5_000;

type Wait = { readonly question: QueuedQuestion; readonly state: Waiting };

/** Makes waiting for an answer bearable: a soft tick now and then, "One moment." once, or what is being looked up. */
export class WaitingCues {
  readonly #context: SpeakingContext;
  readonly #cues: CueTrack;
  #wait: Wait | undefined;
  /** Cues of this wait: it ends these and no others. */
  #played: readonly PlayedCue[] = [];
  /** Question whose asker heard "One moment." last; none hears it twice. */
  #reported: QueuedQuestion | undefined;

  constructor(context: SpeakingContext, cues: CueTrack) {
    this.#context = context;
    this.#cues = cues;
  }

  /** To be called every 20 ms or so. */
  tick(signal: AbortSignal): void {
    const { queue, parts } = this.#context;
    const { current } = queue;
    if (current?.kind !== 'question' || !this.#isSilent) {
      if (!current) for (const cue of this.#played) this.#cues.cut(cue);
      this.#played = [];
      this.#wait = undefined;
      return;
    }
    const nowMs = parts.clock.nowMs();
    const before = this.#waitFor(current, nowMs);
    const { waiting, effect } = stepWaiting(before, nowMs, waitingRules);
    this.#wait = { question: current, state: waiting };
    if (effect === 'tick') this.#keep(this.#cues.play('thinking'));
    if (effect === 'pad') this.#keep(this.#cues.play('pad'));
    if (effect !== 'moment') return;
    this.#reported = current;
    void this.#saySoon(current, AbortSignal.any([signal, current.handle.signal]));
  }

  /** Nothing of the answer has been heard; or it has begun, and no more of it has come: a tool runs, or its server stalls. */
  get #isSilent(): boolean {
    const { output } = this.#context;
    return !output.sounds || output.starves;
  }

  #waitFor(question: QueuedQuestion, nowMs: number): Waiting {
    if (this.#wait?.question === question) return this.#wait.state;
    const { said, endedAtMs } = question;
    const askedAtMs = waitsFromMs(said.toMs, endedAtMs);
    const fresh = waitSince(this.#context.output.sounds ? nowMs : askedAtMs, waitingRules);
    return this.#reported === question ? { ...fresh, reported: 'moment' } : fresh;
  }

  /** Never throws: a voice that fails now is reported with the answer. */
  async #saySoon(question: QueuedQuestion, signal: AbortSignal): Promise<void> {
    const { channel, languages, parts, style } = this.#context;
    const line = { id: question.step?.() ?? ('slow.voice' as const) };
    const language = languages.of(question.said.speakerId);
    const words = spokenText(line, channel.guildId, parts, language);
    const voice = voiceIn(spokenLocale(channel.guildId, parts, language), style());
    const opened = parts.spending.open(speechRequestOf('notice', channel.guildId, words));
    if (opened.kind === 'refused') return;
    using reservation = opened.reservation;
    const synthesizer = parts.synthesizer.paidBy(reservation);
    const rate = new SpeakRate();
    const pieces: Int16Array[] = [];
    try {
      for await (const pcm of synthesizer.synthesize(words, voice, signal)) {
        pieces.push(...rate.push(pcm));
      }
    } catch (error) {
      if (signal.aborted || error instanceof BotError) return;
      throw error;
    }
    pieces.push(...rate.flush());
    if (signal.aborted || !this.#isSilent) return;
    this.#keep(this.#cues.say(joinSamples(pieces).subarray(0, (longestMs * speakRateHz) / 1000)));
  }

  /** The one that sounds, and the one that follows it. */
  #keep(cue: PlayedCue | undefined): void {
    if (cue) this.#played = [...this.#played, cue].slice(-2);
  }
}
