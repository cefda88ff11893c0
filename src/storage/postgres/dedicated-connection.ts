import pg from 'pg';
import type { Clock } from '#src/base/clock.ts';
import { within } from '#src/base/waiting.ts';
import { type ConnectionOptions, connectionOptions, connectMs, placeOf } from './connection.ts';
import { asPostgresTrouble, isSilent } from './postgres-trouble.ts';
import { ClientConnection, type SqlRow } from './sql-connection.ts';

export type DedicatedOptions = ConnectionOptions & { readonly clock: Clock };

/**
 * One connection outside of every pool, for what lives as long as it does: advisory locks of a session. It is not made
 * anew when it is lost.
 */
export class DedicatedConnection implements AsyncDisposable {
  /** Resolves once the connection has ended, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #client: pg.Client;
  readonly #connection: ClientConnection;
  readonly #clock: Clock;
  readonly #place: string;

  private constructor(client: pg.Client, { url, clock }: DedicatedOptions) {
    this.#client = client;
    this.#connection = new ClientConnection(client);
    this.#clock = clock;
    this.#place = placeOf(url);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    client.on('end', resolve);
    client.on('error', () => this.#drop());
  }

  /** Errors: BotError `store.unreadable`. */
  static async open(options: DedicatedOptions): Promise<DedicatedConnection> {
    const { clock, url } = options;
    const client = new pg.Client(connectionOptions(options));
    const connection = new DedicatedConnection(client, options);
    const late = () => isSilent('store.unreadable', placeOf(url), connectMs);
    try {
      await within(client.connect(), connectMs, clock, late);
      return connection;
    } catch (error) {
      connection.#drop();
      throw asPostgresTrouble('store.unreadable', placeOf(url), error);
    }
  }

  /** The connection ends where this takes longer. Errors: BotError `store.unreadable`. */
  async rows(
    sql: string,
    values: readonly unknown[],
    timeoutMs: number,
  ): Promise<readonly SqlRow[]> {
    const late = () => isSilent('store.unreadable', this.#place, timeoutMs);
    try {
      return await within(this.#connection.rows(sql, values), timeoutMs, this.#clock, late);
    } catch (error) {
      this.#drop();
      throw asPostgresTrouble('store.unreadable', this.#place, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const late = () => new Error('the database does not answer');
    await within(this.#client.end(), connectMs, this.#clock, late).catch(() => undefined);
    this.#drop();
  }

  /** Without a word to the server, which may be out of reach. */
  #drop(): void {
    Reflect.get(this.#client, 'connection')?.stream.destroy();
  }
}
