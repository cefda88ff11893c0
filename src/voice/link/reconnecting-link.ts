import type { Clock } from '#src/base/clock.ts';
import { unlessAborted, within } from '#src/base/waiting.ts';
import type {
  ChannelMember,
  ChannelRef,
  LinkState,
  MayHear,
  VoiceLink,
  VoiceLinkOpener,
} from '#src/ports/voice-link.ts';

/** Longest time, in ms, for a session to end. */
const graceMs = 2_000;

/** Links of one session to its channel, one after the other, as long as that makes sense. */
export class ReconnectingLink {
  readonly #clock: Clock;
  readonly #linkOpener: VoiceLinkOpener;
  #link: VoiceLink | undefined;
  #isOpen = false;

  constructor(clock: Clock, linkOpener: VoiceLinkOpener) {
    this.#clock = clock;
    this.#linkOpener = linkOpener;
  }

  /** Whether sound goes through a link now. */
  get isOpen(): boolean {
    return this.#link?.isOpen === true;
  }

  /** Whether a link was opened and its end was not told yet. */
  get isHeld(): boolean {
    return this.#isOpen;
  }

  /** True when the link has been open at least once. */
  get wasOpen(): boolean {
    return this.#link !== undefined;
  }

  /** Everybody in the channel now but this bot, also while the link is away; none before it was opened. */
  people(): readonly ChannelMember[] {
    return this.#link?.people() ?? [];
  }

  /** Same as `VoiceLink.refresh`; does nothing before the link was opened. */
  async refresh(personId: string, signal: AbortSignal): Promise<void> {
    await this.#link?.refresh(personId, signal);
  }

  /** Undefined while it is away. */
  state(): LinkState | undefined {
    return this.#isOpen ? this.#link?.state() : undefined;
  }

  /** Errors and abort: as `VoiceLinkOpener.open`. */
  async open(channel: ChannelRef, mayHear: MayHear, signal: AbortSignal): Promise<void> {
    this.#link = await this.#linkOpener.open(channel, mayHear, signal);
    this.#isOpen = true;
  }

  /**
   * Runs `work` with the open link, and closes it afterwards; at once where `signal` is aborted, whatever `work` still waits for.
   *
   * Throws what `work` throws. Work that goes on for 2 s after an abort is not waited for: that is a bug.
   */
  async spend<T>(work: (link: VoiceLink) => Promise<T>, signal: AbortSignal): Promise<T> {
    const link = this.#link;
    if (!link || !this.#isOpen) throw new Error('the voice link is not open');
    const working = work(link);
    try {
      await unlessAborted(working, signal);
    } catch {
      // Told by `working` below.
    } finally {
      this.#isOpen = false;
      await link[Symbol.asyncDispose]();
    }
    return await within(working, graceMs, this.#clock, hung);
  }
}

function hung(): Error {
  return new Error(`the work on a voice link did not end within ${graceMs / 1000} s`);
}
