import { readFileSync } from 'node:fs';
import {
  cutFrames,
  frameSamples,
  roomRateHz,
  sendPackets,
} from '#bench/turns/microphone-client.ts';
import {
  type ClipRow,
  decodeClip,
  readPackedClip,
  scenariosUrl,
} from '#bench/turns/voice-clips.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { addSamples } from '#sandbox/voice-client/client-microphone.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { measureLevelDb, speakRateHz } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import {
  type SileroNetwork,
  type VoiceWindow,
  VoiceWindowMeter,
} from '#src/audio/voice/voice-activity.ts';
import { joinedSpeech } from '#test/audio/recorded-speech.ts';

/** Echo of the bot's speech from `fromMs` on, until the next part. */
export type EchoPart = {
  readonly lateMs: number;
  readonly gainDb: number;
  readonly fromMs?: number;
};

/** A person with loudspeakers in a noisy room (-55 dBFS), and a bot that speaks. All sounds 48 kHz mono. */
export type EchoRoom = {
  /** From 0 ms on. */
  readonly bot: Int16Array;
  /** One after the other; none is headphones. */
  readonly echoes?: readonly EchoPart[];
  readonly own?: {
    readonly sound: Int16Array;
    readonly atMs: number;
    readonly gainDb: number;
  };
  readonly seed: number;
};

/** In order of time: a frame as it left, or a window of the microphone as it arrived. */
export type EchoEvent =
  | { readonly kind: 'left'; readonly samples: Int16Array; readonly atMs: number }
  | {
      readonly kind: 'window';
      readonly window: VoiceWindow;
      readonly arrivedMs: number;
    };

const jitterMs = 20;
const samplesPerMs = roomRateHz / 1000;
/** Level below which a microphone's gate stays closed. */
const openGateDb = -58;

/** Everything through Opus each way, and through a network that delays packets up to 20 ms. */
export function* listEchoEvents(
  acoustics: EchoRoom,
  codec: OpusCodec,
  weights: SileroNetwork,
): Generator<EchoEvent> {
  const frames = listSentFrames(acoustics.bot);
  const back = acoustics.echoes ? decodeEcho(frames, codec) : makeSilence(frames);
  const arrivals = sendToBot(mixEchoes(acoustics, back), acoustics.seed, codec);
  const stream = new SpeakerStream(codec);
  const meter = new VoiceWindowMeter(weights);
  let left = 0;
  for (const packet of arrivals) {
    for (; left < frames.length && left * 20 <= packet.atMs; left++) {
      yield {
        kind: 'left',
        samples: frames[left] ?? new Int16Array(480),
        atMs: left * 20,
      };
    }
    for (const heardSound of stream.put(packet)) {
      for (const window of meter.measureSound(heardSound)) {
        yield { kind: 'window', window, arrivedMs: packet.atMs };
      }
    }
  }
}

function listSentFrames(bot: Int16Array) {
  const { samples } = resamplePcm(
    { samples: bot, rateHz: roomRateHz, channels: 1 },
    speakRateHz,
  );
  return Array.from({ length: Math.floor(samples.length / 480) }, (_, n) =>
    samples.slice(n * 480, (n + 1) * 480),
  );
}

function decodeEcho(frames: readonly Int16Array[], codec: OpusCodec) {
  const [encoder, decoder] = [
    codec.createEncoder(speakRateHz),
    codec.createDecoder(roomRateHz),
  ];
  const heardSound = new Int16Array(frames.length * frameSamples);
  frames.forEach((frame, n) => {
    heardSound.set(decoder.decode(encoder.encode(frame)), n * frameSamples);
  });
  return heardSound;
}

/** Silence as long as the frames sent: headphones give no echo. */
function makeSilence(frames: readonly Int16Array[]) {
  return new Int16Array(frames.length * frameSamples);
}

function mixEchoes({ echoes = [], own }: EchoRoom, back: Int16Array) {
  const latest = Math.max(0, ...echoes.map(({ lateMs }) => lateMs));
  const ownSamples = Math.round((own?.atMs ?? 0) * samplesPerMs);
  const length = Math.max(
    back.length + latest * samplesPerMs,
    ownSamples + (own?.sound.length ?? 0),
  );
  const all = new Int16Array(Math.ceil(length / frameSamples) * frameSamples);
  echoes.forEach(({ lateMs, gainDb, fromMs = 0 }, n) => {
    const toMs = echoes[n + 1]?.fromMs ?? back.length / samplesPerMs;
    const sound = amplifySound(
      back.subarray(fromMs * samplesPerMs, toMs * samplesPerMs),
      gainDb,
    );
    const at = (fromMs + lateMs) * samplesPerMs;
    addSamples(all.subarray(at), sound.subarray(0, all.length - at));
  });
  if (own) addSamples(all.subarray(ownSamples), amplifySound(own.sound, own.gainDb));
  return all;
}

function amplifySound(sound: Int16Array, gainDb: number) {
  const gain = 10 ** (gainDb / 20);
  return sound.map((sample) => Math.round(sample * gain));
}

function sendToBot(microphone: Int16Array, seed: number, codec: OpusCodec) {
  const opensGate = (fromMs: number, toMs: number) =>
    measureLevelDb(microphone.subarray(fromMs * samplesPerMs, toMs * samplesPerMs)) >
    openGateDb;
  const random = seededRandom(seed);
  return [...sendPackets(cutFrames(microphone, opensGate), 'release', codec, seed)]
    .map((packet) => ({ ...packet, atMs: packet.atMs + random() * jitterMs }))
    .sort((a, b) => a.atMs - b.atMs);
}

/** Clips of the scenes in voices whose name begins so, without the silence around them. */
export function readClips(voices: readonly string[], codec: OpusCodec): Int16Array[] {
  const clips: ClipRow[] = JSON.parse(
    readFileSync(`${scenariosUrl}/clips.json`, 'utf8'),
  );
  return clips
    .filter(({ id }) => voices.some((voice) => id.startsWith(`${voice}/`)))
    .map(({ fromMs, id, toMs }) => {
      const sound = decodeClip(readPackedClip(id), codec, roomRateHz);
      return sound.slice(fromMs * samplesPerMs, toMs * samplesPerMs);
    });
}

/** Clips one after another, with this much silence, in ms, after each. */
export function joinClips(clips: readonly Int16Array[], pauseMs: number) {
  const pause = new Int16Array(pauseMs * samplesPerMs);
  return joinedSpeech(clips.flatMap((clip) => [clip, pause]));
}
