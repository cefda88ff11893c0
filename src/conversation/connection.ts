import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { Wakeup } from '#src/base/loops/mailbox.ts';
import { runTogether } from '#src/base/loops/run-together.ts';
import { readHearingState } from '#src/conversation/consent/session-consent.ts';
import type { Ear } from '#src/conversation/ear/ear.ts';
import type { OpenSound } from '#src/conversation/mouth/mouth.ts';
import { greetOnArrival } from '#src/conversation/mouth/say-to-people.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { SessionFeatures, SpokenSegment } from '#src/ports/feature-session.ts';
import { findCaptionsGap } from '#src/ports/talk-guide.ts';
import type {
  ChannelMember,
  ChannelRef,
  LinkState,
  MayHear,
  VoiceLink,
  VoiceLinkOpener,
} from '#src/ports/voice-link.ts';
import type { Session } from './session.ts';
import type { Deps } from './session-dependencies.ts';

/** An utterance can end between packets. */
const tickMs = 20;
const pauseTickMs = 10;
/** Two packets of one person cause one step. */
const minPacketStepMs = 35;
const packetTimeoutMs = 60;
const activeCheckMs = 250;
/** The panel shows tracks in steps of 5 s. */
const slowCheckMs = 1_000;
const activeAfterWakeMs = 2_000;
/** Longer than the addressing window after Ask. */
const slowCheckAfterWakeMs = 20_000;
/** A later step follows a hold of the main thread, while packets waited in the socket. */
const minHoldMs = 60;
/** Node reads 32 datagrams in one turn, and a socket holds several hundred. */
const maxReadTurns = 32;
/** Longest time between two checks, as a budget may begin anew meanwhile. */
const maxCheckGapMs = 60_000;

/** Objects that a connection of a session needs. */
export type ConnectionOptions = {
  readonly callerId: PersonId;
  readonly deps: Deps<'clock' | 'localRecogniser' | 'spending'>;
  readonly ear: Ear;
  readonly wakeup: Wakeup;
  /** Draws the panel anew, with the people who talk. */
  readonly showPanel: (talkingIds: readonly PersonId[]) => void;
};

/** An open voice connection, and what it feeds and asks. */
type Connection = ConnectionOptions & {
  readonly link: VoiceLink;
  readonly session: Session;
  readonly sound: OpenSound;
};

/** The clock of one connection, which sleeps until its next deadline while nothing happens. */
class ConnectionClock {
  readonly #connection;
  readonly #clock;
  readonly #wakeup;
  #lastPacketAtMs = Number.NEGATIVE_INFINITY;
  #isTicking = false;
  #nowMs: number;
  #wokenAtMs: number;
  #checkAtMs: number;
  #knownPresence: readonly unknown[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#clock = connection.deps.clock;
    this.#wakeup = connection.wakeup;
    this.#nowMs = this.#clock.nowMs();
    this.#wokenAtMs = this.#nowMs;
    this.#checkAtMs = this.#nowMs;
  }

  /** Steps the connection until `signal` is aborted, and throws `signal.reason`. */
  async run(signal: AbortSignal): Promise<never> {
    const { session } = this.#connection;
    const wakeClock = () => this.#wakeup.wake();
    using _ = session.mouth.mix.tracks.listen(wakeClock);
    signal.addEventListener('abort', wakeClock);
    try {
      for (;;) {
        this.#runStep(signal);
        const waitMs = this.#getWaitMs();
        const dueMs = this.#nowMs + waitMs;
        const isWoken = await this.#wakeup.wait(this.#getTimerMs(waitMs));
        if (this.#clock.nowMs() - dueMs > minHoldMs) await readPendingPackets(signal);
        this.#nowMs = this.#clock.nowMs();
        if (isWoken) this.#wokenAtMs = this.#nowMs;
      }
    } finally {
      signal.removeEventListener('abort', wakeClock);
    }
  }

  /** Ends the wait for a step of endpointing, at once where a pause begins. */
  onPacket(): void {
    const { ear } = this.#connection;
    this.#lastPacketAtMs = this.#clock.nowMs();
    const isDue =
      this.#lastPacketAtMs - this.#nowMs >= minPacketStepMs ||
      ear.getActivity(this.#nowMs) === 'pausing';
    if (this.#isTicking && isDue) this.#wakeup.end();
  }

  #runStep(signal: AbortSignal) {
    signal.throwIfAborted();
    const { ear, session } = this.#connection;
    ear.tick(this.#nowMs);
    session.mouth.tick();
    if (this.#nowMs < this.#checkAtMs) return;
    this.#checkAtMs = this.#nowMs + activeCheckMs;
    this.#reportPresence();
    this.#reportSpokenSoFar();
    showPanel(this.#connection);
  }

  /** Tells the features who is there, if that has changed. Tracks rest while no people listen. */
  #reportPresence() {
    const { link, session } = this.#connection;
    updatePresence(this.#connection);
    const people = link.listPeople();
    session.mouth.mix.tracks.pause(people.every(({ isBot }) => isBot));
    const { presence: consents, session: facts } = session.loop.state;
    const presence = [
      people,
      consents,
      facts.restrictions,
      session.mouth.canSpeak(),
      findCaptionsGap(readHearingState(session, this.#connection.deps)),
    ];
    if (isDeepStrictEqual(presence, this.#knownPresence)) return;
    this.#knownPresence = presence;
    session.consentNotices.tellPeople();
    session.features.onPresence(people);
  }

  /** Reports the words of the open reply that people have heard by now. */
  #reportSpokenSoFar() {
    const { session, sound } = this.#connection;
    const { spokenSoFar } = sound;
    if (spokenSoFar) reportSpoken(session, spokenSoFar);
  }

  #getWaitMs() {
    const { ear, session } = this.#connection;
    const activity = ear.getActivity(this.#nowMs);
    if (activity === 'pausing') return pauseTickMs;
    if (activity === 'busy') return tickMs;
    const { turnQueue, turns } = session.loop.state;
    const isBusy =
      turnQueue.current !== undefined ||
      turns.some(({ openSpeech }) => openSpeech.length > 0);
    const sinceMs = this.#nowMs - this.#wokenAtMs;
    if (isBusy || sinceMs < activeAfterWakeMs) return activeCheckMs;
    return sinceMs < slowCheckAfterWakeMs || session.mouth.mix.tracks.isMoving
      ? slowCheckMs
      : maxCheckGapMs;
  }

  /** Returns the wait of the timer, which is longer while packets cause the steps. */
  #getTimerMs(waitMs: number) {
    this.#isTicking = waitMs === tickMs;
    return this.#isTicking && this.#nowMs - this.#lastPacketAtMs < packetTimeoutMs
      ? packetTimeoutMs
      : waitMs;
  }
}

/**
 * Lets Node read waiting packets from the socket before the timers of this loop act.
 */
async function readPendingPackets(signal: AbortSignal) {
  // Timers fire before sockets are read: speech during a hold would count as silence.
  for (let turn = 0; turn < maxReadTurns && !signal.aborted; turn++)
    await setImmediate();
}

/** Drops people that may not be heard any more, even in mid-word. */
function updatePresence({ ear, session }: Connection) {
  session.loop.syncPeople();
  ear.closeOthers((speakerId) => session.consent.mayHear(speakerId));
}

/** Runs a connection until its loss. Errors: as `VoiceLink.receivePackets`. */
export async function runConnection(
  link: VoiceLink,
  session: Session,
  options: ConnectionOptions,
  signal: AbortSignal,
): Promise<'lost'> {
  const { consent, consentNotices, loop, mouth } = session;
  const { callerId, deps, ear, wakeup } = options;
  const bug = Promise.withResolvers<never>();
  using _hearing = ear.open();
  using sound = mouth.open(link, (segment) => reportSpoken(session, segment));
  const connection = { ...options, link, session, sound };
  using _bugs = loop.openConnection(bug.reject);
  loop.post({ kind: 'link-up' });
  greetOnArrival(session, deps.clock, link.listPeople(), callerId);
  const clock = new ConnectionClock(connection);
  consent.onChange(() => {
    updatePresence(connection);
    consentNotices.tellPeople();
    showPanel(connection);
    wakeup.wake();
  });
  link.onPeople(() => {
    updatePresence(connection);
    wakeup.wake();
  });
  link.onUnheard((speakerId) => {
    consentNotices.onUnheardPacket(speakerId);
  });
  try {
    return await runTogether<'lost'>(signal, [
      (until) => hearPackets(connection, clock, until),
      (until) => clock.run(until),
      (until) => waitUnlessAborted(bug.promise, until),
    ]);
  } finally {
    consent.onChange(() => undefined);
    link.onPeople(() => undefined);
    link.onUnheard(() => undefined);
  }
}

function showPanel({ ear, showPanel: show }: Connection) {
  show(ear.listTalking());
}

async function hearPackets(
  { ear, link, session, wakeup }: Connection,
  clock: ConnectionClock,
  signal: AbortSignal,
): Promise<'lost'> {
  // A packet may have waited while its speaker said no, so consent is asked once more.
  for await (const packet of link.receivePackets(signal)) {
    if (!session.consent.mayHear(packet.speakerId)) continue;
    if (ear.getActivity(packet.atMs) === 'quiet') wakeup.wake();
    ear.addPacket(packet);
    clock.onPacket();
  }
  return 'lost';
}

function reportSpoken(
  {
    features,
    notices,
  }: { readonly features: SessionFeatures; readonly notices: ChannelNotices },
  sent: SpokenSegment,
) {
  features.onSpoken(sent);
  notices.reportEvent({
    kind: 'words',
    text: sent.text,
    answerId: sent.answerId,
    isWhole: sent.isOver && sent.answerId === undefined,
  });
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
