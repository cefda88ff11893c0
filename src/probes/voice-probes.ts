import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { measureRms, speakRateHz } from '#src/audio/pcm.ts';
import { type ChannelFacts, judgeJoin } from '#src/people/join-rules.ts';
import type { ChannelRef, CueOutcome, LinkState } from '#src/ports/voice-link.ts';
import { describeObstacle } from '#src/sessions/join-obstacles.ts';
import { failing, notTried, ok, type Probe } from './probe.ts';

/** Undefined if the bot sits in no channel. */
export type SessionLink =
  | { readonly link: (LinkState & { readonly joinedInMs: number }) | undefined }
  | undefined;

const nowhere = { id: 'leave.nowhere' } as const;
const away = { id: 'link.down' } as const;

type Entrance = {
  readonly channel: ChannelRef | undefined;
  readonly facts: ChannelFacts | undefined;
  readonly isThere: boolean;
};

export const permission: Probe<Entrance> = {
  name: 'permission',
  async run({ channel, facts, isThere }, clock) {
    if (!channel || !facts) return notTried('permission', { id: 'join.none' });
    const verdict = judgeJoin({ ...facts, callerMayEnter: true }, clock.wallMs());
    const obstacle =
      isThere && verdict.kind === 'full'
        ? undefined
        : describeObstacle(verdict, channel);
    if (obstacle) return failing('permission', obstacle);
    return ok('permission', 'the bot can join and talk');
  },
};

export const voiceLink: Probe<SessionLink> = {
  name: 'voice link',
  async run(session) {
    if (!session) return notTried('voice link', nowhere);
    if (!session.link) return failing('voice link', away);
    const { joinedInMs } = session.link;
    return ok(
      'voice link',
      `open after ${Math.round(joinedInMs)} ms: UDP works in both directions`,
    );
  },
};

export const encryption: Probe<SessionLink> = {
  name: 'encryption',
  async run(session) {
    if (!session) return notTried('encryption', nowhere);
    if (!session.link) return failing('encryption', away);
    const { cipher, isEndToEnd } = session.link;
    if (cipher === '') return failing('encryption', { id: 'join.no_voice' });
    const name = cipher
      .replace(/^aead_|_rtpsize$/g, '')
      .replaceAll('_', '-')
      .toUpperCase();
    return ok('encryption', `${name}, ${isEndToEnd ? 'end to end' : 'not end to end'}`);
  },
};

/** `audible` is the least loudness (RMS) of a tone that comes back. */
const [frameMs, hearHz, audible] = [20, 16_000, 0.001] as const;

export const decode: Probe<{ readonly codec: OpusCodec; readonly tone: Int16Array }> = {
  name: 'decode',
  async run({ codec, tone }) {
    const [encoder, decoder] = [
      codec.createEncoder(speakRateHz),
      codec.createDecoder(hearHz),
    ];
    const frame = (speakRateHz / 1000) * frameMs;
    const heard: number[] = [];
    for (let at = 0; at + frame <= tone.length; at += frame)
      heard.push(...decoder.decode(encoder.encode(tone.slice(at, at + frame))));
    if (measureRms(Int16Array.from(heard)) < audible)
      throw new Error('the Opus codec decodes a test tone as silence');
    return ok('decode', `Opus by ${codec.name}`);
  },
};

type Output = {
  readonly isMute: boolean;
  play(signal: AbortSignal): Promise<CueOutcome>;
};

export const playback: Probe<Output | undefined> = {
  name: 'playback',
  async run(output, _clock, signal) {
    if (!output) return notTried('playback', nowhere);
    if (output.isMute) return failing('playback', { id: 'muted.server' });
    const outcome = await output.play(signal);
    if (outcome === 'away') return failing('playback', away);
    return ok('playback', outcome === 'left' ? 'a tone left' : 'speaking just now');
  },
};
