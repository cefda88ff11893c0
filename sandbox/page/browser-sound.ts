import {
  frameKinds,
  frameSamples,
  readFrame,
  writeFrame,
} from '#page/room/sound/sound-frames.js';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import type { HeardFrame } from '#sandbox/voice/voice-ports.ts';
import type { PersonId } from '#src/base/ids.ts';
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

/** Sound of the open pages. Each tab hears the same as its person, and only the tab that asked last may speak. */
export class BrowserSound implements Disposable {
  readonly #options: BrowserSoundOptions;
  /** Subscriptions to the sound that each socket hears. */
  readonly #subscriptions = new Map<BrowserSocket, Disposable>();
  #microphoneTab: string | undefined;
  #isMuted = false;

  constructor(options: BrowserSoundOptions) {
    this.#options = options;
  }

  /** Gives the microphone to this tab, and tells the tab that had it before. */
  claimMicrophone(tab: string): void {
    this.#isMuted = false;
    if (this.#microphoneTab === tab) return;
    const formerTab = this.#microphoneTab;
    this.#microphoneTab = tab;
    const { channel, person } = this.#options;
    if (formerTab !== undefined) {
      person.endLive();
      channel.sendToTab(formerTab, { kind: 'microphone', state: 'taken' });
    }
    channel.sendToTab(tab, { kind: 'microphone', state: 'yours' });
  }

  /** Drops sound from the microphone of the tab until it is on again. Has no effect while another tab has the microphone. */
  muteTab(tab: string): void {
    if (this.#microphoneTab !== tab) return;
    this.#isMuted = true;
    this.#options.person.endLive();
  }

  /** Lets a socket hear from now on. */
  addSocket(socket: BrowserSocket): void {
    const { person } = this.#options;
    person.useMicrophone({ profile: 'gate' });
    this.#subscriptions.set(socket, person.onHeard(makeHearer(socket)));
  }

  /**
   * Handles a frame of the page, left out where another tab has the microphone. One
   * that does not fit ends its socket.
   */
  handleFrame(socket: BrowserSocket, data: unknown): void {
    if (!this.#subscriptions.has(socket)) return;
    const { person, channel } = this.#options;
    const sound = parseSound(data);
    if (!sound) {
      socket.close(malformedClose);
      this.removeSocket(socket);
      return;
    }
    if (this.#microphoneTab === undefined) this.claimMicrophone(socket.tab);
    if (this.#microphoneTab !== socket.tab || this.#isMuted) return;
    if (sound === 'end') person.endLive();
    else person.live(sound);
    channel.setSpeaking(person.name, sound !== 'end');
  }

  /** Forgets a socket that closed, with its tab or alone. */
  removeSocket(socket: BrowserSocket): void {
    this.#subscriptions.get(socket)?.[Symbol.dispose]();
    if (this.#subscriptions.delete(socket) && socket.tab === this.#microphoneTab)
      this.#options.person.endLive();
  }

  /** Frees the microphone of a tab that closed. */
  removeTab(tab: string): void {
    if (this.#microphoneTab !== tab) return;
    this.#microphoneTab = undefined;
    this.#options.person.endLive();
  }

  /** Forgets every socket. */
  [Symbol.dispose](): void {
    for (const socket of this.#subscriptions.keys()) this.removeSocket(socket);
  }
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
  const mix = new HeardMix();
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
class HeardMix {
  /** Frames that wait for those of the leader, by person. */
  readonly #waitingFrames = new Map<PersonId, readonly Int16Array[]>();
  #leader: { readonly userId: PersonId; readonly atMs: number } | undefined;

  /** Adds a frame, and gives the mixed frames that can be played now. */
  acceptFrame({ fromUserId, samples, atMs }: HeardFrame): readonly Int16Array[] {
    const leader = this.#leader;
    const isLed =
      leader && leader.userId !== fromUserId && atMs - leader.atMs < mixLeadMs;
    const frames = [
      ...(this.#waitingFrames.get(fromUserId) ?? []),
      ...cutFrames(samples),
    ];
    if (isLed) {
      this.#waitingFrames.set(fromUserId, frames.slice(-maxWaitingFrames));
      return [];
    }
    this.#leader = { userId: fromUserId, atMs };
    this.#waitingFrames.delete(fromUserId);
    return frames.map((frame) => this.#mixFrame(frame));
  }

  #mixFrame(frame: Int16Array) {
    const sum = frame.slice();
    for (const [userId, [next, ...laterFrames]] of this.#waitingFrames) {
      if (next) {
        addSamples(sum, next);
        this.#waitingFrames.set(userId, laterFrames);
      } else this.#waitingFrames.delete(userId);
    }
    return sum;
  }
}

function cutFrames(samples: Int16Array) {
  const frames: Int16Array[] = [];
  for (let from = 0; from + frameSamples <= samples.length; from += frameSamples) {
    frames.push(samples.subarray(from, from + frameSamples));
  }
  return frames;
}

function addSamples(sum: Int16Array, added: Int16Array) {
  for (let n = 0; n < sum.length; n++) {
    sum[n] = Math.max(-32_768, Math.min(32_767, (sum[n] ?? 0) + (added[n] ?? 0)));
  }
}
