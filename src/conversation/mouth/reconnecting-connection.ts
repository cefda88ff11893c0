import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import type { SentEnvelope } from '#src/audio/echo/sent-envelope.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { SileroNetwork } from '#src/audio/voice/silero-network.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceWindowMeter } from '#src/audio/voice/voice-activity.ts';
import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import { type JudgedWords, SpeakerInput } from '#src/conversation/ear/speaker-input.ts';
import type { SpeechOutput } from '#src/conversation/mouth/speech-output.ts';
import { Mixer } from '#src/playback/mix/mixer.ts';
import { type Cues, CueTrack, VoiceTrack } from '#src/playback/reply/cue-track.ts';
import type { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import type {
  ChannelMember,
  ChannelRef,
  CueOutcome,
  LinkState,
  MayHear,
  VoiceLink,
  VoiceLinkOpener,
} from '#src/ports/voice-link.ts';
import type { TurnModel } from '#src/speech/local/turn-model.ts';
import type { Transcript } from '#src/speech/speech-engine.ts';
import type { WaitingCue } from '#src/turn/answer-wait.ts';
import type { PartialTrust } from '#src/turn/endpointing/end-of-turn.ts';
import type { EndpointRules } from '#src/turn/endpointing/endpointing.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import type { WordsJudgeTrust } from '#src/turn/endpointing/words-judge-trust.ts';
import type { OverlapKind } from '#src/turn/overlap/overlap-speech.ts';

/** Rules and models by which people are heard. */
export type HearingDeps = {
  readonly endpointRules: EndpointRules;
  /** Model that judges in a pause whether a turn is over. Absent: the rules and the words decide alone. */
  readonly turnModel?: TurnModel;
  readonly partialTrust: PartialTrust;
  /** Record of how far chat models can be trusted about the words. Absent: no chat model is asked. */
  readonly wordsJudges?: WordsJudgeTrust;
  /** Opens connections to engines as a person begins to talk. Never throws. */
  readonly warm: () => void;
  readonly weights: SileroNetwork;
};

/** The named tracks of a session, which go on after a lost connection. */
export type SoundMix = {
  readonly tracks: NamedTracks;
  /** True if another session goes on with the tracks, which must then not be closed here. */
  isPassedOn: boolean;
};

/** The tracks of one connection, and the mixer that adds them to frames. */
export type ConnectionSound = {
  readonly voice: VoiceTrack;
  readonly cues: CueTrack;
  readonly mixer: Mixer;
};

/** Creates the tracks and the mixer of one connection. `sent` notes each frame that leaves. */
export function openConnectionSound(
  mix: SoundMix,
  codec: OpusCodec,
  cueSounds: Cues,
  sent: SentEnvelope,
): ConnectionSound {
  const voice = new VoiceTrack(() => mix.tracks.own.voice.state.percent);
  const cues = new CueTrack(voice, cueSounds, () => mix.tracks.own.cues.state.percent);
  const mixer = new Mixer({ voice, cues, music: mix.tracks }, codec, (samples, atMs) =>
    sent.addSentFrame(samples, atMs),
  );
  return { voice, cues, mixer };
}

/** Creates the input of one speaker. `sent` is the bot's own sound, which may return as echo. */
export function createSpeakerInput(
  speakerId: PersonId,
  sent: SentEnvelope,
  codec: OpusCodec,
  { endpointRules: rules, weights }: HearingDeps,
  pauseHabits: PauseHabits,
): SpeakerInput {
  const meter = new VoiceWindowMeter(weights);
  const [stream, echo] = [new SpeakerStream(codec), new EchoMeter(sent)];
  return new SpeakerInput({ speakerId, stream, meter, echo, rules, pauseHabits });
}

const closeGraceMs = 2_000;

/** The voice connections of one session, one after the other. Each `openLink` is followed by `runWithLink`. */
export class ReconnectingConnection {
  readonly #clock;
  readonly #linkOpener;
  #link: VoiceLink | undefined;
  #isHeld = false;

  /** Lists people without the bot, also while disconnected. It may be handed on by itself. */
  readonly listPeople = (): readonly ChannelMember[] => this.#link?.listPeople() ?? [];

  constructor(clock: Clock, linkOpener: VoiceLinkOpener) {
    this.#clock = clock;
    this.#linkOpener = linkOpener;
  }

  /** False from the end of a connection on, and before the first one. */
  get isOpen(): boolean {
    return this.#link?.isOpen === true;
  }

  /** Returns true from a connection's opening until its end is reported. */
  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** True once a connection was opened, also after its end. */
  get wasOpen(): boolean {
    return this.#link !== undefined;
  }

  /** Asks Discord for a participant's roles. Without a connection it does nothing. */
  async refreshPerson(personId: PersonId, signal: AbortSignal): Promise<void> {
    await this.#link?.refreshMember(personId, signal);
  }

  /** Finds state and quality of the open connection. */
  findState(): LinkState | undefined {
    return this.#isHeld ? this.#link?.getState() : undefined;
  }

  /** Opens the next connection. Errors and abort: as `VoiceLinkOpener.openLink`. */
  async openLink(
    channel: ChannelRef,
    mayHear: MayHear,
    signal: AbortSignal,
  ): Promise<void> {
    this.#link = await this.#linkOpener.openLink(channel, mayHear, signal);
    this.#isHeld = true;
  }

  /** Runs `work`, closes the connection, and throws the error of `work`. */
  async runWithLink<T>(
    work: (link: VoiceLink) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    // An abort closes it at once, whatever `work` still waits for. Work that goes on for 2 s after that is a bug.
    const link = this.#link;
    if (!link || !this.#isHeld) throw new Error('the voice link is not open');
    const working = work(link);
    try {
      await waitUnlessAborted(working, signal);
    } catch {
      // Reported by `working` below.
    } finally {
      this.#isHeld = false;
      await link[Symbol.asyncDispose]();
    }
    return await withTimeout(
      working,
      closeGraceMs,
      this.#clock,
      () =>
        new Error(
          `the work on a voice link did not end within ${closeGraceMs / 1000} s`,
        ),
    );
  }
}

/** Functions of an open connection for the conversation. Some of them step speech at once, and so post events. */
export type OpenConnection = {
  readonly output: SpeechOutput;
  /** Gives endpointing the words of an utterance so far. */
  readonly giveTranscript: (speakerId: PersonId, transcript: Transcript) => void;
  /** Gives endpointing a chat model's judgement of the words in a pause. */
  readonly giveWordsJudgement: (speakerId: PersonId, judgement: JudgedWords) => void;
  /** Gives barge-in the words so far of an overlap. */
  readonly hearPartial: (speakerId: PersonId, text: string) => void;
  /** Returns whether the bot speaks, when no cue may sound. */
  readonly isSpeaking: () => boolean;
  /** Plays a cue, and calls `onSent` as each frame is sent. */
  readonly playCue: (samples: Int16Array, onSent: () => void) => void;
  /** Gives barge-in the meaning of an overlap's final words. */
  readonly hearMeaning: (
    personId: PersonId,
    meaning: OverlapKind,
    isMeant: boolean,
  ) => void;
  /** Plays a cue for people who wait for an answer. */
  readonly playWaitingCue: (cue: WaitingCue) => void;
  /** Cuts the cues for people who wait, as the answer sounds or is given up. */
  readonly endWaitingCues: () => void;
};

/** Holds the open connection of a session, if there is one. */
export class CurrentConnection {
  /** The open connection. Undefined while there is none. */
  now: OpenConnection | undefined;

  /**
   * Plays a cue, and resolves with `left` when its first frame is sent, perhaps never. Resolves at once with `away`
   * without a connection, and with `speaking` while the bot speaks.
   */
  playCue(samples: Int16Array): Promise<CueOutcome> {
    const { now: connection } = this;
    if (!connection) return Promise.resolve('away');
    if (connection.isSpeaking()) return Promise.resolve('speaking');
    return new Promise((resolve) => connection.playCue(samples, () => resolve('left')));
  }
}
