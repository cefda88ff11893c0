import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { merged } from '#page/owner/snapshot.js';
import type { WireSnapshot } from '#src/web/page/snapshot-feed.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { makeLink, vacantPort } from '#test/fakes/program.ts';
import { soon } from '#test/scenarios/setup/scenario-setup.ts';
import { cookieOf, enter, keyOf } from '#test/web/http/open-page.ts';
import { openProcesses } from './bot-processes.ts';

/** Longest time, in ms, until a log line: a lease lasts 30 s. */
const longMs = 60_000;

/** Snapshots of the page at this link, each put together from its patches. */
async function* snapshots(link: URL, signal: AbortSignal): AsyncGenerator<WireSnapshot, undefined> {
  const cookie = cookieOf(await enter(link, keyOf(link)));
  const { body } = await fetch(new URL('/page/events', link), { headers: { cookie }, signal });
  let text = '';
  let known = {} as WireSnapshot;
  for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const events = `${text}${piece}`.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
      known = name === 'snapshot' ? JSON.parse(data) : merged(known, JSON.parse(data));
      yield known;
    }
  }
  return undefined;
}

withPostgres(() => {
  test('the page of a process shows the servers of the other one, and that it is silent once it was killed', {
    timeout: 120_000,
  }, async () => {
    await using schema = await openSchema();
    const dataDir = await mkdtemp(join(tmpdir(), 'parley-page-'));
    await using stack = new AsyncDisposableStack();
    stack.defer(() => rm(dataDir, { recursive: true, force: true }));
    await using setup = await openProcesses({
      environment: { DATABASE_URL: schema.url.reveal() },
    });
    const page = { PAGE_PORT: `${await vacantPort()}`, DATA_DIR: dataDir };
    await setup.start('one', { environment: page });
    const two = await setup.start('two');
    await two.logged(({ msg }) => msg === 'shard served', longMs);
    for (const name of ['Sandbox', 'Sandbox 2']) {
      const person = setup.sandbox.guild(name).person('Adam');
      await person.join('Lounge', soon());
      await person.command('join').answered(soon());
    }
    const closed = new AbortController();
    const seen = snapshots(await makeLink({ DATA_DIR: dataDir }), closed.signal);
    const until = async (isSo: (snapshot: WireSnapshot) => boolean) => {
      for (;;) {
        const { value } = await seen.next();
        if (!value) throw new Error('The page ended.');
        if (isSo(value)) return value;
      }
    };
    const both = await until(
      ({ servers }) =>
        Object.values(servers).every(({ state }) => state !== undefined) &&
        Object.keys(servers).length === 2,
    );
    const far = Object.values(both.servers).find((server) => server.process !== undefined);
    expect(both.processes).toMatchObject({ shardCount: 2, unserved: [] });
    expect(both.processes?.all).toMatchObject([
      { isOwn: true, servers: 1, rooms: 1 },
      { isOwn: false, name: far?.process, servers: 1, rooms: 1 },
    ]);
    expect(both.processes?.all.flatMap(({ shards }) => shards).toSorted()).toEqual([0, 1]);
    expect(JSON.stringify(both.servers)).not.toContain('Adam');
    await two.kill();
    const later = await until(
      ({ processes }) => processes?.all.some(({ silentMs }) => silentMs !== undefined) === true,
    );
    expect(later.processes?.all[1]).toMatchObject({ isOwn: false, name: far?.process });
    closed.abort();
  });
});
