import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import type { SentEnvelope } from '#src/audio/echo/sent-envelope.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { SileroNetwork } from '#src/audio/voice/silero-network.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceWindowMeter } from '#src/audio/voice/voice-activity.ts';
import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
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
import { type JudgedWords, SpeakerInput } from '#src/voice/hearing/speaker-input.ts';
import type { SpeechOutput } from '#src/voice/output/speech-output.ts';

export type HearingDeps = {
  readonly endpointRules: EndpointRules;
  /** Asked in pauses, where the rules say so. */
  readonly turnModel?: TurnModel;
  readonly partialTrust: PartialTrust;
  /** Absent: no chat model is asked about the words. */
  readonly wordsJudges?: WordsJudgeTrust;
  /** Opens connections to engines as a person begins to talk. Never throws. */
  readonly warm: () => void;
  readonly weights: SileroNetwork;
};

export type SoundMix = {
  readonly tracks: NamedTracks;
  /** Another session goes on with it, and ends its sounds. */
  isPassedOn: boolean;
};

export function openConnectionSound(
  mix: SoundMix,
  codec: OpusCodec,
  cueSounds: Cues,
  sent: SentEnvelope,
) {
  const voice = new VoiceTrack(() => mix.tracks.own.voice.state.percent);
  const cues = new CueTrack(voice, cueSounds, () => mix.tracks.own.cues.state.percent);
  const mixer = new Mixer({ voice, cues, music: mix.tracks }, codec, (samples, atMs) =>
    sent.addSentFrame(samples, atMs),
  );
  return { voice, cues, mixer };
}

/** `sent`: the bot's own sound, which may return as echo. */
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

export type ReconnectingConnection = ReturnType<typeof createReconnectingConnection>;

export function createReconnectingConnection(
  clock: Clock,
  linkOpener: VoiceLinkOpener,
) {
  let link: VoiceLink | undefined;
  let isOpen = false;

  return {
    get isOpen(): boolean {
      return link?.isOpen === true;
    },
    /** Returns true from a connection's opening until its end is reported. */
    get isHeld(): boolean {
      return isOpen;
    },
    get wasOpen(): boolean {
      return link !== undefined;
    },
    /** Without the bot, also while disconnected. */
    listPeople(): readonly ChannelMember[] {
      return link?.listPeople() ?? [];
    },
    async refreshPerson(personId: PersonId, signal: AbortSignal) {
      await link?.refreshMember(personId, signal);
    },
    findState(): LinkState | undefined {
      return isOpen ? link?.getState() : undefined;
    },
    /** Errors and abort: as `VoiceLinkOpener.open`. */
    async openLink(channel: ChannelRef, mayHear: MayHear, signal: AbortSignal) {
      link = await linkOpener.openLink(channel, mayHear, signal);
      isOpen = true;
    },
    /** Runs `work`, closes the connection, and throws the error of `work`. */
    async runWithLink<T>(
      work: (link: VoiceLink) => Promise<T>,
      signal: AbortSignal,
    ): Promise<T> {
      // An abort closes it at once, whatever `work` still waits for. Work that goes on for 2 s after that is a bug.
      const current = link;
      if (!current || !isOpen) throw new Error('the voice link is not open');
      const working = work(current);
      try {
        await waitUnlessAborted(working, signal);
      } catch {
        // Reported by `working` below.
      } finally {
        isOpen = false;
        await current[Symbol.asyncDispose]();
      }
      return await withTimeout(
        working,
        closeGraceMs,
        clock,
        () =>
          new Error(
            `the work on a voice link did not end within ${closeGraceMs / 1000} s`,
          ),
      );
    },
  };
}

export type OpenConnection = {
  readonly output: SpeechOutput;
  readonly giveTranscript: (speakerId: PersonId, understood: Transcript) => void;
  readonly giveWordsJudgement: (speakerId: PersonId, judgement: JudgedWords) => void;
  readonly hearPartial: (speakerId: PersonId, text: string) => void;
  /** Returns whether the bot speaks, when no cue may sound. */
  readonly isSpeaking: () => boolean;
  /** Plays a cue, and calls `onSent` as each frame is sent. */
  readonly playCue: (samples: Int16Array, onSent: () => void) => void;
  readonly hearMeaning: (
    personId: PersonId,
    what: OverlapKind,
    isMeant: boolean,
  ) => void;
  readonly playWaitingCue: (cue: WaitingCue) => void;
  readonly endWaitingCues: () => void;
};

export class CurrentConnection {
  now: OpenConnection | undefined;

  /** Resolves with `left` when its first frame is sent, perhaps never. */
  playCue(samples: Int16Array): Promise<CueOutcome> {
    const { now } = this;
    if (!now) return Promise.resolve('away');
    if (now.isSpeaking()) return Promise.resolve('speaking');
    return new Promise((resolve) => now.playCue(samples, () => resolve('left')));
  }
}
