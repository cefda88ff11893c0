import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { TcpProxy } from '#test/fakes/tcp-proxy.ts';

/** A PostgreSQL schema that is gone with the bench, and a way to it for each process, which may be cut. */
export type BenchDatabase = AsyncDisposable & {
  /** Address by which the process of that name reaches it. */
  urlFor(process: string): Promise<string>;
  /** The way of that process alone, once it has one. */
  wayOf(process: string): TcpProxy | undefined;
  /** Cuts everybody off, or lets everybody back. */
  cutAll(isCut: boolean): void;
  /** Passes nothing on for anybody, until `cutAll(false)`. */
  swallowAll(): void;
};

export async function openDatabase(database: string): Promise<BenchDatabase> {
  const schema = `parley_chaos_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: database });
  client.on('error', () => undefined);
  await client.connect();
  await client.query(`CREATE SCHEMA ${schema}`);
  const { hostname: host, port } = new URL(database);
  const target = { host, port: Number(port || 5432) };
  const ways = new Map<string, TcpProxy>();
  return {
    async urlFor(process) {
      const way = ways.get(process) ?? (await TcpProxy.open(target));
      ways.set(process, way);
      const url = new URL(way.through(database));
      url.searchParams.set('options', `-c search_path=${schema}`);
      return url.href;
    },
    wayOf: (process) => ways.get(process),
    cutAll(isCut) {
      for (const way of ways.values()) isCut ? way.cut() : way.heal();
    },
    swallowAll() {
      for (const way of ways.values()) way.swallow();
    },
    async [Symbol.asyncDispose]() {
      for (const way of ways.values()) await way[Symbol.asyncDispose]();
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await client.end();
    },
  };
}
