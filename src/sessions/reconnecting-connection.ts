import { waitUnlessAborted, withTimeout } from '#src/base/bounded-wait.ts';
import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import type {
  ChannelMember,
  ChannelRef,
  LinkState,
  MayHear,
  VoiceLink,
  VoiceLinkOpener,
} from '#src/ports/voice-link.ts';

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
