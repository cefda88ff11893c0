import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import type { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
import type { FrameSource } from '#src/audio/frame.ts';
import { type OpusCodec, sparesCoders } from '#src/audio/opus/opus.ts';
import { speakRateHz } from '#src/audio/pcm.ts';
import type { SileroWeights } from '#src/audio/voice/silero.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { VoiceActivity } from '#src/audio/voice/voice-activity.ts';
import { VoiceMeter } from '#src/audio/voice/voice-meter.ts';
import { Mixer } from '#src/playback/mix/mixer.ts';
import { type CueLevel, CueTrack } from '#src/playback/reply/cue-track.ts';
import type { Cues } from '#src/playback/reply/load-cues.ts';
import { VoiceTrack } from '#src/playback/reply/voice-track.ts';
import type { ListeningSlots } from '#src/speech/listening-slots.ts';
import type { EndpointRules } from '#src/turn/endpointing/endpointing.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';
import type { PartialTrust } from '#src/turn/partial-trust.ts';
import { SpeakerInput } from '#src/voice/hearing/speaker-input.ts';
import type { SessionTracksAndBotVolumes } from '#src/voice/output/session-tracks-and-bot-volumes.ts';

/** Models and rules by which the connections of a session hear people. */
export type HearingDependencies = {
  readonly endpointRules: EndpointRules;
  /** Limit of utterances that stream to the recogniser at the same time. */
  readonly listeningSlots: ListeningSlots;
  /** Whether partials of the recogniser may be answered before they are final. */
  readonly partialTrust: PartialTrust;
  /** Connects to the servers that will be asked, as a person began to talk. Never throws, costs nothing. */
  readonly warm: () => void;
  readonly weights: SileroWeights;
};

/** Frames of `mixer`; `asked` is called before each, `left` after each that left. */
export function announced(mixer: Mixer, asked: () => void, left: () => void): FrameSource {
  return {
    next() {
      asked();
      return mixer.next();
    },
    get isIdle() {
      return mixer.isIdle;
    },
    left(frame, atMs) {
      mixer.left(frame, atMs);
      left();
    },
  };
}

/** Sound that a link sends: speech, cues, and what sounds beside them. */
export function openSound(
  mix: SessionTracksAndBotVolumes,
  codec: OpusCodec,
  cueSounds: Cues,
  level: () => CueLevel,
  sent: SentEnvelope,
) {
  const voice = new VoiceTrack();
  const cues = new CueTrack(voice, cueSounds, level);
  const listening = mix.volume.listen((track, percent) => {
    (track === 'voice' ? voice : cues).volume(percent / 100);
  });
  const encoder = codec.encoder(speakRateHz);
  const left = (samples: Int16Array, atMs: number) => sent.left(samples, atMs);
  const music = { tracks: mix.tracks, encoder: () => codec.stereoEncoder() };
  const mixer = new Mixer([voice, cues], encoder, left, music);
  const free = () => {
    listening[Symbol.dispose]();
    encoder.free();
    mixer.free();
  };
  return { voice, cues, mixer, free };
}

/** Coders that speaker inputs leave to the music of all channels. */
const inputsSpared = 2;

/** Whether enough Opus coders are left for one person more. */
export function sparesInput(codec: OpusCodec): boolean {
  return sparesCoders(codec, inputsSpared);
}

/** Speaker input of a person; `sent`: sound of the bot, which may come back. */
export function openInput(
  speakerId: string,
  sent: SentEnvelope,
  codec: OpusCodec,
  { endpointRules: rules, weights }: HearingDependencies,
  pauseHabits: PauseHabits,
): SpeakerInput {
  const meter = new VoiceMeter(new VoiceActivity(weights));
  const [stream, echo] = [new SpeakerStream(codec), new EchoMeter(sent)];
  return new SpeakerInput({ speakerId, stream, meter, echo, rules, pauseHabits });
}
