import type { Packet } from '#src/audio/packet.ts';
import type { Heard, SpeakerStream } from '#src/audio/speaker-stream.ts';
import type { VoiceMeter } from '#src/audio/voice-meter.ts';
import {
  type EndpointRules,
  quiet,
  stepVoice,
  type Voice,
  type VoiceEffect,
  type VoiceEvent,
} from '#src/turn/endpointing.ts';
import { Recording } from './recording.ts';
import type { Utterance } from './utterance.ts';

/** What cannot be read counts as the usual length. */
const packetMs = 20;

/** One person's ear: packets in, whole utterances out. Opened only for people who may be heard. */
export class Ear {
  readonly #speakerId: string;
  readonly #stream: SpeakerStream;
  readonly #meter: VoiceMeter;
  readonly #rules: EndpointRules;
  readonly #recording = new Recording();
  #voice: Voice = quiet;
  #lastPacketAtMs = 0;
  /** Packets that could not be decoded, up to the last one that could. */
  #missedBefore = 0;

  constructor(speakerId: string, stream: SpeakerStream, meter: VoiceMeter, rules: EndpointRules) {
    this.#speakerId = speakerId;
    this.#stream = stream;
    this.#meter = meter;
    this.#rules = rules;
  }

  get lastPacketAtMs(): number {
    return this.#lastPacketAtMs;
  }

  /** Somebody talks, or pauses inside a sentence. */
  get talking(): boolean {
    return this.#voice.kind === 'talking' || this.#voice.kind === 'paused';
  }

  /** For so long this person has been sending, and nothing of it could be decoded. */
  get unheardMs(): number {
    return (this.#missed() - this.#missedBefore) * packetMs;
  }

  put(packet: Packet): Utterance[] {
    this.#lastPacketAtMs = packet.atMs;
    return this.#stream.put(packet).flatMap((heard) => this.#take(heard));
  }

  /** Discord is mute during silence, so only a tick can end an utterance. */
  tick(atMs: number): Utterance[] {
    const late = this.#stream.settle(atMs).flatMap((heard) => this.#take(heard));
    return [...late, ...this.#step({ kind: 'tick', atMs })];
  }

  close(): void {
    this.#stream.close();
  }

  #take(heard: Heard): Utterance[] {
    const { atMs, samples } = heard;
    if (heard.kind === 'sound') this.#missedBefore = this.#missed();
    const shut = heard.kind === 'silence-frame' ? this.#step({ kind: 'silence-frame', atMs }) : [];
    this.#recording.push(samples);
    const windows = this.#meter.push(samples, atMs);
    return [...shut, ...windows.flatMap((window) => this.#step({ kind: 'window', ...window }))];
  }

  #missed(): number {
    const { sealed, undecodable } = this.#stream.counts();
    return sealed + undecodable;
  }

  #step(event: VoiceEvent): Utterance[] {
    const [voice, effect] = stepVoice(this.#voice, event, this.#rules);
    this.#voice = voice;
    if (voice.kind === 'talking' && voice.lastVoiceMs === event.atMs) this.#recording.voiced();
    return effect ? this.#perform(effect, event.atMs) : [];
  }

  #perform(effect: VoiceEffect, atMs: number): Utterance[] {
    switch (effect.kind) {
      case 'began':
        this.#recording.begin();
        return [];
      case 'paused':
      case 'resumed':
        return [];
      case 'ended': {
        const { fromMs, toMs } = effect;
        const pcm = this.#recording.take();
        this.#meter.reset();
        return [{ speakerId: this.#speakerId, fromMs, toMs, endedAtMs: atMs, pcm }];
      }
    }
  }
}
