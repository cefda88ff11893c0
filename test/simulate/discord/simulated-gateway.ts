import { type Client, type Guild, Status } from 'discord.js';
import type { SyncTiming } from '#src/base/clock.ts';
import { createClient } from '#src/discord/login.ts';

export type PacketData = Readonly<Record<string, unknown>>;

/** A message of a client to the gateway: op 4 asks for a seat. */
export type SeatRequest = {
  readonly op: number;
  readonly d: { readonly channel_id: string | null };
};

export type GatewayOptions = {
  readonly timing: SyncTiming;
  readonly user: PacketData;
  readonly applicationId: string;
  /** Describes the server with its channels, roles and seats, as a new client is told of it. */
  readonly describeGuild: () => PacketData;
  readonly onSeatRequest: (channelId: string | null) => void;
  /** Answers a request over HTTP. */
  readonly request: (method: string, route: string, body: unknown) => Promise<unknown>;
};

type InnerClient = {
  readonly rest: Record<string, unknown>;
  readonly ws: {
    status: Status;
    readonly shards: Map<number, unknown>;
    handlePacket(
      packet: { readonly t: string; readonly d: PacketData },
      shard: unknown,
    ): void;
  };
};

/** The real client of one process, whose gateway and HTTP are simulated. Dispatches arrive in order. */
export class SimulatedGateway implements AsyncDisposable {
  readonly client: Client<true>;
  readonly #options;
  readonly #shard;
  #arrivesMs = 0;
  #isOver = false;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const client = createClient({ token: 'simulated', timeoutMs: 1 });
    client.setMaxListeners(0);
    this.client = client as Client<true>;
    this.#shard = {
      id: 0,
      status: Status.Ready,
      checkReady: () => undefined,
      send: (request: SeatRequest) => this.#receive(request),
    };
    const inner = this.#inner;
    inner.ws.shards.set(0, this.#shard);
    for (const method of ['get', 'patch', 'put', 'post', 'delete'])
      inner.rest[method] = (route: string, fields?: { readonly body?: unknown }) =>
        options.request(method, route, fields?.body);
    this.logInAnew();
    inner.ws.status = Status.Ready;
  }

  /** The client logs in, and is told of the server. */
  logInAnew(): void {
    const { applicationId: id, describeGuild, user } = this.#options;
    const application = { id, flags: 0 };
    const guild = describeGuild();
    this.#handle('READY', {
      user,
      application,
      guilds: [{ id: guild.id, unavailable: true }],
    });
    this.#handle('GUILD_CREATE', guild);
  }

  /** The server, as the client knows it. */
  get guild(): Guild | undefined {
    return this.client.guilds.cache.first();
  }

  /** Sends a dispatch that arrives after `ms`, or after those before it. */
  dispatch(t: string, d: PacketData, ms = 0): void {
    const { timing } = this.#options;
    const nowMs = timing.nowMs();
    this.#arrivesMs = Math.max(this.#arrivesMs, nowMs + ms);
    if (this.#arrivesMs === nowMs) this.#handle(t, d);
    else timing.later(this.#arrivesMs - nowMs, () => this.#handle(t, d));
  }

  /** Cuts the client off, as when its process stops. */
  cut(): void {
    this.#isOver = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.client.destroy();
  }

  #receive({ d, op }: SeatRequest) {
    if (op === 4 && !this.#isOver) this.#options.onSeatRequest(d.channel_id);
  }

  #handle(t: string, d: PacketData) {
    // discord.js changes what it is given.
    if (!this.#isOver)
      this.#inner.ws.handlePacket({ t, d: structuredClone(d) }, this.#shard);
  }

  get #inner() {
    return this.client as unknown as InnerClient;
  }
}
