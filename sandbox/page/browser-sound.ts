import {
  frameKinds,
  frameSamples,
  readFrame,
  writeFrame,
} from '#page/room/sound/sound-frames.js';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import type { BrowserChannel } from './browser-channel.ts';
import type { BrowserSocket } from './browser-socket.ts';

/** One second of sound. If more is unread, new frames are dropped, since late sound is useless. */
const maxUnreadBytes = 100_000;
const malformedClose = {
  code: 1007,
  reason: 'A frame of sound is 20 ms of 16 bit PCM, or the end.',
};

type BrowserSoundOptions = {
  readonly person: SandboxPerson;
  readonly channel: Pick<BrowserChannel, 'sendToTab' | 'setSpeaking'>;
};

export type BrowserSound = ReturnType<typeof createBrowserSound>;

/** Sound of the open pages. Each tab hears the same as its person, and only the tab that asked last may speak. */
export function createBrowserSound(options: BrowserSoundOptions) {
  /** Sound that each socket hears. */
  const lines = new Map<BrowserSocket, Disposable>();
  let microphoneTab: string | undefined;
  let isMuted = false;

  /** Gives the microphone to this tab, and tells the tab that had it before. */
  function claimMicrophone(tab: string) {
    isMuted = false;
    if (microphoneTab === tab) return;
    const former = microphoneTab;
    microphoneTab = tab;
    const { channel, person } = options;
    if (former !== undefined) {
      person.endLive();
      channel.sendToTab(former, { kind: 'microphone', state: 'taken' });
    }
    channel.sendToTab(tab, { kind: 'microphone', state: 'yours' });
  }

  /** Forgets a socket that closed, with its tab or alone. */
  function endLine(socket: BrowserSocket) {
    lines.get(socket)?.[Symbol.dispose]();
    if (lines.delete(socket) && socket.tab === microphoneTab) options.person.endLive();
  }

  return {
    claimMicrophone,

    /** Drops sound from the microphone of the tab until it is on again. Has no effect while another tab has the microphone. */
    muteTab(tab: string) {
      if (microphoneTab !== tab) return;
      isMuted = true;
      options.person.endLive();
    },

    open(socket: BrowserSocket) {
      const { person } = options;
      person.useMicrophone({ profile: 'gate' });
      lines.set(socket, person.onHeard(makeHearer(socket)));
    },

    /**
     * Handles a frame of the page, left out where another tab has the microphone. One
     * that does not fit ends its socket.
     */
    handle(socket: BrowserSocket, data: unknown) {
      if (!lines.has(socket)) return;
      const { person, channel } = options;
      const sound = parseSound(data);
      if (!sound) {
        socket.close(malformedClose);
        endLine(socket);
        return;
      }
      if (microphoneTab === undefined) claimMicrophone(socket.tab);
      if (microphoneTab !== socket.tab || isMuted) return;
      if (sound === 'end') person.endLive();
      else person.live(sound);
      channel.setSpeaking(person.name, sound !== 'end');
    },
    closed: endLine,

    /** Frees the microphone of a tab that closed. */
    removeTab(tab: string) {
      if (microphoneTab !== tab) return;
      microphoneTab = undefined;
      options.person.endLive();
    },

    [Symbol.dispose]() {
      for (const socket of lines.keys()) endLine(socket);
    },
  };
}

/**
 * Parses the samples in a frame of the page's microphone. `end`: the microphone is off.
 * Undefined for anything else.
 */
function parseSound(data: unknown) {
  const { kind, payload } = (data instanceof ArrayBuffer && readFrame(data)) || {};
  if (kind === frameKinds.sentEnd) return 'end';
  const isWhole = kind === frameKinds.sentPcm && payload?.length === frameSamples * 2;
  return isWhole ? new Int16Array(payload.slice().buffer) : undefined;
}

function makeHearer(socket: BrowserSocket): (frame: HeardFrame) => void {
  const mix = createHeardMix();
  let sequence = 0;
  return (frame) => {
    if (socket.unreadBytes > maxUnreadBytes) return;
    for (const samples of mix.acceptFrame(frame)) {
      const payload = new Uint8Array(samples.slice().buffer);
      const { atMs } = frame;
      socket.send(
        writeFrame({ kind: frameKinds.heardPcm, sequence: sequence++, atMs, payload }),
      );
    }
  };
}

/** A leader of the mix that sends nothing for so long leads it no more. */
const mixLeadMs = 60;
/** Frames of one speaker that wait for those of the leader. The oldest is lost first. */
const maxWaitingFrames = 6;

/**
 * Mixes several speakers into one stream of 20 ms frames, without a clock: the frames of the first speaker
 * leave as they come, and carry the frames that arrived of the others.
 */
function createHeardMix() {
  const waiting = new Map<string, Int16Array[]>();
  let mixLeader: { readonly userId: string; readonly atMs: number } | undefined;

  function mixFrame(frame: Int16Array) {
    const sum = frame.slice();
    for (const [userId, frames] of waiting) {
      const next = frames.shift();
      if (next) addSamples(sum, next);
      else waiting.delete(userId);
    }
    return sum;
  }

  return {
    /** Adds a frame, and gives the mixed frames that can be played now. */
    acceptFrame({ fromUserId, samples, atMs }: HeardFrame) {
      const leader = mixLeader;
      const isLed =
        leader && leader.userId !== fromUserId && atMs - leader.atMs < mixLeadMs;
      const own = [...(waiting.get(fromUserId) ?? []), ...cutFrames(samples)];
      if (isLed) {
        waiting.set(fromUserId, own.slice(-maxWaitingFrames));
        return [];
      }
      mixLeader = { userId: fromUserId, atMs };
      waiting.delete(fromUserId);
      return own.map((frame) => mixFrame(frame));
    },
  };
}

function cutFrames(samples: Int16Array) {
  const frames: Int16Array[] = [];
  for (let from = 0; from + frameSamples <= samples.length; from += frameSamples) {
    frames.push(samples.subarray(from, from + frameSamples));
  }
  return frames;
}

function addSamples(sum: Int16Array, more: Int16Array) {
  for (let n = 0; n < sum.length; n++) {
    sum[n] = Math.max(-32_768, Math.min(32_767, (sum[n] ?? 0) + (more[n] ?? 0)));
  }
}
