import { BotError } from '#src/base/errors.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import { FakeLinkOpener } from '#test/fakes/fake-link.ts';
import type { VirtualClock } from '#test/fakes/virtual-clock.ts';
import type { Luck } from './luck.ts';

/** Longest time, in ms, until Discord has confirmed that the bot left. */
const longestCloseMs = 1_000;

/** Opens links late, or not at all, by chance. */
export class SimulatedLinkOpener extends FakeLinkOpener {
  /** Links that are being opened. */
  opening = 0;
  readonly #clock;
  readonly #luck;

  readonly #closesSlowly;

  constructor(
    people: readonly ChannelMember[],
    clock: VirtualClock,
    luck: Luck,
    closesSlowly: boolean,
  ) {
    super(people);
    this.#closesSlowly = closesSlowly;
    this.#clock = clock;
    this.#luck = luck;
  }

  /** Link that is open. */
  get current() {
    const link = this.links.at(-1);
    return link?.closed === false ? link : undefined;
  }

  /** Discord confirms late that the bot has left. */
  #closeSlowly() {
    const { link } = this;
    const close = link[Symbol.asyncDispose].bind(link);
    const closingMs =
      50 + this.#luck.draw(`close ${this.links.length}`) * (longestCloseMs - 50);
    link[Symbol.asyncDispose] = async () => {
      link.closed = true; // it sends and hears nothing any more
      await this.#clock.sleep(closingMs, new AbortController().signal);
      await close();
    };
  }

  override async openLink(...given: Parameters<FakeLinkOpener['openLink']>) {
    const [, , signal] = given;
    const { fails, takesMs } = this.#luck.call('link', 100, 800, 15_000);
    this.opening++;
    try {
      await this.#clock.sleep(this.asked === 0 ? 0 : takesMs, signal);
      if (fails && this.asked > 0)
        throw new BotError('link.timeout', true, 'Not in time.');
      const opened = await super.openLink(...given);
      if (this.#closesSlowly) this.#closeSlowly();
      return opened;
    } finally {
      this.opening--;
    }
  }
}
