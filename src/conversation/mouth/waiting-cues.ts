import { levelSpeech } from '#src/audio/loudness/loudness.ts';
import { joinSamples, speakRateHz } from '#src/audio/pcm.ts';
import { RateConverter } from '#src/audio/resampler.ts';
import { BotError } from '#src/base/errors.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import {
  findAwaitedReply,
  findCurrentTurn,
  isQuiet,
} from '#src/conversation/machine/draft.ts';
import type { VoiceDeps } from '#src/conversation/mouth/answer-delivery.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import { declareVoiceLanguage } from '#src/pipeline/pipeline.ts';
import type { CueTrack, PlayedCue } from '#src/playback/reply/cue-track.ts';
import { toSpeechRequest } from '#src/spending/reservation.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { WaitingCue } from '#src/turn/answer-wait.ts';

const maxCueMs = 8_000;

type WaitingSession = {
  readonly loop: ConversationLoop;
  readonly notices: ChannelNotices;
  readonly voiceChannel: SessionChannel;
};

/** Sounds while people wait for an answer: a tick, a sentence such as "One moment", or a low sound while a tool runs. */
export class WaitingCues {
  readonly #session;
  readonly #deps;
  readonly #cues;
  readonly #signal;
  readonly #played = new Set<PlayedCue>();

  /** Aborting `signal` drops sentences that are being made. */
  constructor(
    session: WaitingSession,
    deps: VoiceDeps,
    cues: CueTrack,
    signal: AbortSignal,
  ) {
    this.#session = session;
    this.#deps = deps;
    this.#cues = cues;
    this.#signal = signal;
  }

  /**
   * Plays a cue, and calls `onSent` for each frame. A sentence, such as `step` about a running tool, is made first, and
   * dropped if nobody waits any more.
   */
  playCue(cue: WaitingCue, step: TextLine | undefined, onSent: () => void): void {
    if (cue === 'tick') this.#played.add(this.#cues.play('thinking', onSent));
    else if (cue === 'bed') this.#played.add(this.#cues.play('working', onSent));
    else void this.say([step ?? { id: 'slow.voice' }], onSent);
  }

  /** Cuts all cues that still sound. */
  endCues(): void {
    for (const cue of this.#played) this.#cues.cut(cue);
    this.#played.clear();
  }

  /** Says sentences to the asker who waits, in place of the low sound, and drops them if nobody waits any more. */
  async say(lines: readonly TextLine[], onSent: () => void): Promise<void> {
    const { loop, voiceChannel } = this.#session;
    const turn = findCurrentTurn(loop.state);
    const { reply } = loop.state.turnQueue.current ?? {};
    if (!turn) return;
    // A voice that fails now is reported with the answer.
    const language = voiceChannel.languages.find(turn.by);
    const pieces = await this.#synthesizeLines(lines, language);
    const isAwaited =
      findAwaitedReply(loop.state)?.reply === reply && isQuiet(loop.state.turns);
    if (this.#signal.aborted || !isAwaited || pieces.length === 0) return;
    this.endCues();
    const samples = joinSamples(pieces).subarray(0, (maxCueMs * speakRateHz) / 1000);
    this.#played.add(this.#cues.playSamples(samples, onSent));
  }

  async #synthesizeLines(lines: readonly TextLine[], language: string | undefined) {
    const { notices, voiceChannel } = this.#session;
    const { guildId } = voiceChannel.channel;
    const sentence = formatSpeakable(lines, notices, language);
    const voice = declareVoiceLanguage(
      notices.getSpokenLocale(language),
      voiceChannel.getStyle(),
    );
    const { spending, synthesizer } = this.#deps;
    const opened = spending.open(toSpeechRequest('notice', guildId, sentence));
    if (opened.kind === 'refused') return [];
    using reservation = opened.reservation;
    const rate = new RateConverter(speakRateHz);
    const pieces: Int16Array[] = [];
    try {
      const sound = synthesizer
        .withReservation(reservation)
        .synthesize(sentence, voice, this.#signal);
      for await (const pcm of levelSpeech(sound))
        pieces.push(...rate.push({ ...pcm, samples: pcm.samples.slice() }));
    } catch (error) {
      if (this.#signal.aborted || error instanceof BotError) return [];
      throw error;
    }
    return [...pieces, rate.flush()];
  }
}

/** Formats sentences as a voice speaks them. */
export function formatSpeakable(
  lines: readonly TextLine[],
  notices: Pick<ChannelNotices, 'formatSpokenText'>,
  language: string | undefined,
): string {
  return lines
    .map((line) => toSpeakable(notices.formatSpokenText(line, language)))
    .join(' ');
}
