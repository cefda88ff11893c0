import {
  type BenchChannel,
  type BenchChannelOptions,
  goTo,
  isAtRest,
  openChannel,
  peopleOf,
  say,
  transmit,
} from '#bench/manners/channel.ts';
import type { SimulatedUtterance } from '#bench/manners/microphones.ts';
import { serialIn } from '#bench/manners/minds.ts';
import { asksForStory, type BotAnswer, type DuplexBot, type Saying } from './bot.ts';

const packetMs = 20;
/** By then it has said hello. */
const greetingMs = 12_000;
/** Nobody is still expected to go on with something so long ago. */
const restMs = 2_400;

/** The whole session of Parley in a channel of so many people. */
export class SessionBot implements DuplexBot {
  readonly #channel: BenchChannel;

  private constructor(channel: BenchChannel) {
    this.#channel = channel;
  }

  static async open(people: number, options: BenchChannelOptions = {}): Promise<SessionBot> {
    const texts: { of: (id: number) => string } = { of: () => '' };
    const mannerOf = (utterances: readonly number[]) =>
      asksForStory(texts.of(utterances.at(-1) ?? 0)) ? 'long' : 'short';
    const channel = await openChannel(peopleOf(people), mannerOf, options);
    texts.of = (id) => channel.microphones.said[id - 1]?.text ?? '';
    await goTo(channel, greetingMs);
    return new SessionBot(channel);
  }

  get microphones() {
    return this.#channel.microphones;
  }

  get frames() {
    return this.#channel.voiceFrames;
  }

  nowMs(): number {
    return this.#channel.clock.nowMs();
  }

  say({ personId, text, sound }: Saying, fromMs: number): SimulatedUtterance {
    if (!sound) return say(this.#channel, personId, text, fromMs);
    const onGridMs = packetMs * Math.ceil(fromMs / packetMs);
    return transmit(this.#channel, personId, text, onGridMs, sound);
  }

  goTo(atMs: number): Promise<void> {
    return goTo(this.#channel, atMs);
  }

  answers(): readonly BotAnswer[] {
    const { happened, minds } = this.#channel;
    return happened.flatMap(({ event }) => {
      if (event.kind !== 'answered' || event.heardText === '') return [];
      const asked = minds.asked[(serialIn(event.text) ?? 0) - 1];
      const fromMs = event.instants.firstSentAtMs;
      return asked && fromMs !== undefined ? [{ utterances: asked.utterances, fromMs }] : [];
    });
  }

  endsNoticedAtMs(): readonly number[] {
    return this.#channel.happened.flatMap(({ atMs, event }) =>
      event.kind === 'recognised' || event.kind === 'ignored' ? [atMs] : [],
    );
  }

  async rest(): Promise<void> {
    const { fixture } = this.#channel;
    for (let calmMs = 0; calmMs < restMs; calmMs = isAtRest(this.#channel) ? calmMs + 200 : 0) {
      fixture.talk.stop('g');
      await this.goTo(this.nowMs() + 200);
    }
  }
}
