import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { GuildId } from '#src/base/ids.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { DiscordLinkOpener } from '#src/discord/link/voice-link-opener.ts';
import { watchOwnState } from '#src/discord/own-state.ts';
import { DiscordPlaces } from '#src/discord/places.ts';
import type { SeatChange, VoiceLink, VoiceLinkOpener } from '#src/ports/voice-link.ts';
import {
  type FixtureOptions,
  openSessionFixture,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import type { SimulatedDiscord } from './discord/simulated-discord.ts';
import type { SimulatedGateway } from './discord/simulated-gateway.ts';
import type { ProcessClock } from './process-clock.ts';

export type BotProcessOptions = {
  readonly discord: SimulatedDiscord;
  readonly clock: ProcessClock;
  /** Called with each event of Discord, before the sessions have it. */
  readonly onDiscordEvent: (event: DiscordEvent) => void;
  readonly fixture: FixtureOptions;
  /** Called with each packet that the sessions get. */
  readonly onPacket: (packet: Packet) => void;
};

/** One process of the bot, logged in to the simulated Discord. */
export class SimulatedProcess {
  readonly clock: ProcessClock;
  readonly fixture: SessionFixture;
  readonly #gateway: SimulatedGateway;
  readonly #opener: DiscordLinkOpener;
  readonly #onPacket;
  #openingLinks = 0;

  constructor({
    clock,
    discord,
    fixture,
    onDiscordEvent,
    onPacket,
  }: BotProcessOptions) {
    this.clock = clock;
    this.#onPacket = onPacket;
    this.#gateway = discord.logIn(clock);
    const { client } = this.#gateway;
    const onEvent = (event: DiscordEvent) => {
      if (clock.hasStopped) return;
      onDiscordEvent(event);
      const change = toSeatChange(event);
      if (change && 'guildId' in event && event.guildId)
        this.fixture.sessions.onSeatChange(event.guildId, change);
    };
    this.#opener = new DiscordLinkOpener(client, clock, onEvent);
    this.fixture = openSessionFixture(
      {
        ...fixture,
        linkOpener: this.#countOpenings(),
        places: new DiscordPlaces(client),
      },
      [],
      clock,
    );
    watchOwnState(client, onEvent);
  }

  /** Whether a link is being opened. */
  get isOpening(): boolean {
    return this.#openingLinks > 0;
  }

  /** Leaves Discord once the sessions have ended. */
  async close(): Promise<void> {
    await this.#opener[Symbol.asyncDispose]();
    await this.#gateway[Symbol.asyncDispose]();
  }

  /** Stops without a goodbye. */
  async kill(): Promise<void> {
    this.clock.stop();
    await this.#gateway[Symbol.asyncDispose]();
  }

  #countOpenings(): VoiceLinkOpener {
    return {
      openLink: async (...args) => {
        this.#openingLinks++;
        try {
          return watchPackets(await this.#opener.openLink(...args), this.#onPacket);
        } finally {
          this.#openingLinks--;
        }
      },
      leaveChannel: (id: GuildId) => this.#opener.leaveChannel(id),
      getRestMs: (id: GuildId) => this.#opener.getRestMs(id),
    };
  }
}

/** A link whose packets are looked at as they are received. */
function watchPackets(link: VoiceLink, onPacket: (packet: Packet) => void): VoiceLink {
  const receivePackets = link.receivePackets.bind(link);
  link.receivePackets = async function* (signal) {
    for await (const packet of receivePackets(signal)) {
      onPacket(packet);
      yield packet;
    }
  };
  return link;
}

const seatChanges: ReadonlySet<string> = new Set([
  'muted',
  'deafened',
  'suppressed',
  'moved',
  'no-view',
  'no-connect',
  'guild-removed',
]);

/** The change of the seat of which an event tells, as the app passes it on. */
function toSeatChange(event: DiscordEvent): SeatChange | undefined {
  if (event.kind === 'alert')
    return { kind: 'link-down', isOn: event.state === 'raised' };
  return seatChanges.has(event.kind) ? (event as DiscordEvent & SeatChange) : undefined;
}
