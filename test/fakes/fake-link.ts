import type { Frame, FrameSource } from '#src/audio/frame.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import { BotError } from '#src/base/errors.ts';
import type { PersonId, RoleId } from '#src/base/ids.ts';
import { Mailbox } from '#src/base/loops/mailbox.ts';
import type {
  ChannelMember,
  ChannelRef,
  LinkState,
  MayHear,
  VoiceLink,
  VoiceLinkOpener,
} from '#src/ports/voice-link.ts';
import { toLogged } from '#test/fakes/to-logged.ts';

/** A voice channel without a network: the test is its clock and its people. */
export class FakeLink implements VoiceLink {
  readonly present: ChannelMember[] = [];
  /** Roles that Discord knows and has not reported, by person. */
  readonly roles = new Map<PersonId, readonly RoleId[]>();
  /** Whose roles were asked for. */
  readonly refreshed: PersonId[] = [];
  refreshTrouble: unknown;
  #onPeople: () => void = () => undefined;
  #onUnheard: (speakerId: PersonId) => void = () => undefined;
  /** Who was told of last; each change of somebody is another object. */
  #reported: readonly ChannelMember[] | undefined;
  closed = false;
  isOpen = true;
  sent = 0;
  /** Called with each frame that leaves. */
  onLeft: (frame: Frame, atMs: number) => void = () => undefined;
  readonly #packets = new Mailbox<Packet>(10_000);
  readonly #mayHear;
  #frames: FrameSource | undefined;

  constructor(mayHear: MayHear) {
    this.#mayHear = mayHear;
  }

  receivePackets(signal: AbortSignal): AsyncIterable<Packet> {
    return this.#packets.read(signal);
  }

  playFrames(frames: FrameSource): { wake(): void } {
    this.#frames = frames;
    return { wake: () => undefined };
  }

  listPeople(): readonly ChannelMember[] {
    return this.present;
  }

  onPeople(listener: () => void) {
    this.#onPeople = listener;
  }

  onUnheard(listener: (speakerId: PersonId) => void) {
    this.#onUnheard = listener;
  }

  async refreshMember(personId: PersonId) {
    this.refreshed.push(personId);
    if (this.refreshTrouble !== undefined) throw this.refreshTrouble;
    const [roleIds, at] = [
      this.roles.get(personId),
      this.present.findIndex((member) => member.id === personId),
    ];
    const person = this.present[at];
    if (!person || !roleIds) return;
    this.present[at] = { ...person, roleIds };
    // Discord tells of seats. Roles that the bot asked for are told of by nobody.
    this.#reported = [...this.present];
  }

  getState(): LinkState {
    return { cipher: toLogged('aead_aes256_gcm_rtpsize'), isEndToEnd: true };
  }

  async [Symbol.asyncDispose]() {
    this.closed = true;
    this.isOpen = false;
    this.#packets.end();
  }

  /** A packet arrives from somebody. */
  arrive(packet: Packet) {
    if (this.#mayHear(packet.speakerId)) this.#packets.put(packet);
    else this.#onUnheard(packet.speakerId);
  }

  /** The link goes away. */
  lose(error: unknown = new BotError('link.lost', true, 'Gone.')) {
    this.isOpen = false;
    this.#packets.fail(error);
  }

  /** One step of the 20 ms grid, and of what Discord tells. */
  tick(atMs: number) {
    if (!this.#hasReported(this.present)) {
      this.#reported = [...this.present];
      this.#onPeople();
    }
    const frame = this.closed ? undefined : this.#frames?.pullFrame();
    if (!frame) return;
    this.sent++;
    this.onLeft(frame, atMs);
    this.#frames?.markSent(frame, atMs);
  }

  #hasReported(present: readonly ChannelMember[]) {
    const reported = this.#reported;
    return (
      reported?.length === present.length &&
      present.every((member, n) => member === reported[n])
    );
  }
}

/** Opens fake links, or fails as told. */
export class FakeLinkOpener implements VoiceLinkOpener {
  readonly links: FakeLink[] = [];
  readonly failures: unknown[] = [];
  readonly people: ChannelMember[];
  /** Number of requests to open a link, and the wait that it reports. */
  asked = 0;
  /** Number of requests to leave a channel to which no link followed. */
  leftUnfollowed = 0;
  mustRestMs = 0;

  constructor(people: readonly ChannelMember[]) {
    this.people = [...people];
  }

  async openLink(_channel: ChannelRef, mayHear: MayHear, signal: AbortSignal) {
    signal.throwIfAborted();
    this.asked++;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const link = new FakeLink(mayHear);
    link.present.push(...this.people);
    this.links.push(link);
    return link;
  }

  async leaveChannel() {
    this.leftUnfollowed++;
  }

  getRestMs() {
    return this.mustRestMs;
  }

  /** The link opened last. */
  get link() {
    const link = this.links.at(-1);
    if (!link) throw new Error('no link was opened');
    return link;
  }
}
