import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { measureRms, speakRateHz } from '#src/audio/pcm.ts';
import { type ChannelFacts, judgeJoin } from '#src/people/join-rules.ts';
import type { ChannelRef, CueOutcome, LinkState } from '#src/ports/voice-link.ts';
import { describeObstacle } from '#src/sessions/join-obstacles.ts';
import { explainFailure, type Probe, toOkFinding, toUntriedFinding } from './probe.ts';

/** Undefined if the bot sits in no channel. */
export type SessionLink =
  | { readonly link: (LinkState & { readonly joinedInMs: number }) | undefined }
  | undefined;

const nowhereLine = { id: 'leave.nowhere' } as const;
const linkDownLine = { id: 'link.down' } as const;

type JoinSubject = {
  readonly channel: ChannelRef | undefined;
  readonly facts: ChannelFacts | undefined;
  readonly isThere: boolean;
};

/** Tests whether the bot may join and talk. */
export const permissionProbe: Probe<JoinSubject> = {
  name: 'permission',
  async run({ channel, facts, isThere }, clock) {
    if (!channel || !facts) return toUntriedFinding('permission', { id: 'join.none' });
    const verdict = judgeJoin({ ...facts, callerMayEnter: true }, clock.wallMs());
    const obstacle =
      isThere && verdict.kind === 'full'
        ? undefined
        : describeObstacle(verdict, channel);
    if (obstacle) return explainFailure('permission', obstacle);
    return toOkFinding('permission', 'the bot can join and talk');
  },
};

/** Tests whether the voice link of a session is open. */
export const voiceLinkProbe: Probe<SessionLink> = {
  name: 'voice link',
  async run(session) {
    if (!session) return toUntriedFinding('voice link', nowhereLine);
    if (!session.link) return explainFailure('voice link', linkDownLine);
    const { joinedInMs } = session.link;
    return toOkFinding(
      'voice link',
      `open after ${Math.round(joinedInMs)} ms: UDP works in both directions`,
    );
  },
};

/** Names the encryption of the voice link of a session. */
export const encryptionProbe: Probe<SessionLink> = {
  name: 'encryption',
  async run(session) {
    if (!session) return toUntriedFinding('encryption', nowhereLine);
    if (!session.link) return explainFailure('encryption', linkDownLine);
    const { cipher, isEndToEnd } = session.link;
    if (cipher === '') return explainFailure('encryption', { id: 'join.no_voice' });
    const name = cipher
      .replace(/^aead_|_rtpsize$/g, '')
      .replaceAll('_', '-')
      .toUpperCase();
    return toOkFinding(
      'encryption',
      `${name}, ${isEndToEnd ? 'end to end' : 'not end to end'}`,
    );
  },
};

/** A tone that comes back has at least `minRms`. */
const [frameMs, listenHz, minRms] = [20, 16_000, 0.001] as const;

/** Encodes and decodes a tone, and tests that it is heard. */
export const decodeProbe: Probe<{
  readonly codec: OpusCodec;
  readonly tone: Int16Array;
}> = {
  name: 'decode',
  async run({ codec, tone }) {
    const [encoder, decoder] = [
      codec.createEncoder(speakRateHz),
      codec.createDecoder(listenHz),
    ];
    const frameSamples = (speakRateHz / 1000) * frameMs;
    const decoded: number[] = [];
    for (let at = 0; at + frameSamples <= tone.length; at += frameSamples)
      decoded.push(
        ...decoder.decode(encoder.encode(tone.slice(at, at + frameSamples))),
      );
    if (measureRms(Int16Array.from(decoded)) < minRms)
      throw new Error('the Opus codec decodes a test tone as silence');
    return toOkFinding('decode', `Opus by ${codec.name}`);
  },
};

type ToneOutput = {
  /** A moderator has muted the bot. */
  readonly isMute: boolean;
  play(signal: AbortSignal): Promise<CueOutcome>;
};

/** Plays a tone in the voice channel. */
export const playbackProbe: Probe<ToneOutput | undefined> = {
  name: 'playback',
  async run(output, _clock, signal) {
    if (!output) return toUntriedFinding('playback', nowhereLine);
    if (output.isMute) return explainFailure('playback', { id: 'muted.server' });
    const outcome = await output.play(signal);
    if (outcome === 'away') return explainFailure('playback', linkDownLine);
    return toOkFinding(
      'playback',
      outcome === 'left' ? 'a tone left' : 'speaking just now',
    );
  },
};
