import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type ChannelId, toChannelId, toPersonId } from '#src/base/ids.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { EventWebhooks } from '#src/web/api/event-webhooks.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { guildId, openApi } from './api-setup.ts';

const channel = {
  guildId,
  channelId: toChannelId('2029384756102938475'),
  name: 'Lounge',
};
const joined: SessionEvent = { kind: 'joined', channel, tookMs: 200 };
const left: SessionEvent = { kind: 'left', channel, why: 'asked' };

type Posted = { readonly body: string; readonly headers: IncomingHttpHeaders };

/** A token whose events are posted to a server on loopback that answers these statuses, then 204. */
async function openPosting({
  statuses = [] as number[],
  channelIds = [] as ChannelId[],
  isAllowed = true,
} = {}) {
  await using stack = new AsyncDisposableStack();
  const posted: Posted[] = [];
  const served = stack.use(
    await openListeningServer(async (request, response) => {
      const body = Buffer.concat(await Array.fromAsync(request)).toString();
      posted.push({ body, headers: request.headers });
      response.writeHead(statuses.shift() ?? 204, { location: '/elsewhere' }).end();
    }),
  );
  const api = stack.use(await openApi());
  await api.add('bell', {
    scopes: ['events'],
    channelIds,
    eventsUrl: `${served.origin}/events`,
  });
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const allowed = new AllowedHosts(isAllowed ? [new URL(served.origin).host] : []);
  const webhooks = new EventWebhooks({
    tokens: api.access().tokens,
    events: api.events,
    rules: { allowed },
    clock,
    warn: (message) => void warnings.push(message),
  });
  stack.use(webhooks);
  void webhooks.run();
  await expect.poll(() => clock.sleeping).toBe(1);
  const all = stack.move();
  return {
    api,
    clock,
    posted,
    warnings,
    report(...events: readonly SessionEvent[]) {
      for (const event of events) api.events.report(guildId, event);
    },
    listTypes: () => posted.map(({ body }) => JSON.parse(body).type),
    /** Waits until a try has failed, and lets the pause after it pass, each time. */
    async passTries(...pausesMs: readonly number[]) {
      for (const pauseMs of pausesMs) {
        await expect.poll(() => clock.sleeping).toBe(2);
        await clock.advance(pauseMs);
      }
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

test('events are posted in their order, signed by the hash of the token with their time and an id that a further try keeps', async () => {
  await using posting = await openPosting({ statuses: [500] });
  const { posted, listTypes } = posting;
  posting.report(joined, left);
  await posting.passTries(2_000);
  await expect.poll(listTypes).toEqual(['joined', 'joined', 'left']);
  const key = createHash('sha256').update('bell').digest('base64url');
  for (const { body, headers } of posted) {
    const sent = `${headers['parley-id']}.${headers['parley-time']}.${body}`;
    const signature = createHmac('sha256', key).update(sent).digest('hex');
    expect(headers['parley-signature']).toBe(`sha256=${signature}`);
  }
  const nowS = Math.floor(posting.clock.wallMs() / 1_000);
  const timesS = posted.map(({ headers }) => Number(headers['parley-time']) - nowS);
  expect(timesS).toEqual([-2, 0, 0]);
  const [first, again, other] = posted.map(({ headers }) => headers['parley-id']);
  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

test('a post that fails, by a redirect too, is made three times; then the operator is told, and the next one goes out', async () => {
  await using posting = await openPosting({ statuses: [500, 302, 500] });
  posting.report(joined, left);
  await posting.passTries(2_000, 10_000);
  const types = ['joined', 'joined', 'joined', 'left'];
  await expect.poll(() => posting.listTypes()).toEqual(types);
  const warnings = ['The webhook of the token bell failed three times.'];
  expect(posting.warnings).toEqual(warnings);
});

test('a post that is tried again leaves out what was erased since its first try', async () => {
  await using posting = await openPosting({
    statuses: [500],
    channelIds: [channel.channelId],
  });
  const words = {
    channelId: channel.channelId,
    speakerId: toPersonId('1'),
    name: 'Ana',
  };
  posting.report({ ...words, kind: 'recognised', text: 'Hello.' });
  await expect.poll(() => posting.clock.sleeping).toBe(2);
  posting.report({ kind: 'words-erased', personId: words.speakerId });
  await posting.clock.advance(2_000);
  await expect.poll(() => posting.posted).toHaveLength(2);
  const [first, again] = posting.posted.map(({ body }) => body);
  expect(first).toContain('Hello.');
  expect(again).not.toMatch(/Hello|Ana/);
});

test('no private address is asked', async () => {
  await using posting = await openPosting({ isAllowed: false });
  posting.report(joined);
  await posting.passTries(2_000, 10_000);
  await expect.poll(() => posting.warnings).toHaveLength(1);
  expect(posting.posted).toEqual([]);
});

test('a revoked token hears nothing from the next minute on', async () => {
  await using posting = await openPosting();
  const { api, clock, listTypes } = posting;
  posting.report(joined);
  await expect.poll(listTypes).toEqual(['joined']);
  await api.revoke('bell');
  await clock.advance(60_000);
  await expect.poll(() => clock.sleeping).toBe(1);
  await api.add('other', { scopes: ['events'] });
  posting.report(left);
  expect(listTypes()).toEqual(['joined']);
});

test('the open stream of a revoked token ends at the next look, a minute later at most; others go on', async () => {
  await using posting = await openPosting();
  const { api, clock } = posting;
  const path = `/v1/servers/${guildId}/events`;
  const listenByWebhook = async (name: string) => {
    await api.add(name, {
      scopes: ['events'],
      channelIds: [toChannelId(channel.channelId)],
    });
    return { told: (await api.ask(name, path)).text() };
  };
  const ear = await listenByWebhook('ear');
  const other = await listenByWebhook('other');
  await api.revoke('ear');
  await clock.advance(60_000);
  expect(await ear.told).toBe(': listening\n\n');
  expect(api.events.isRead(toChannelId(channel.channelId))).toBe(true);
  await api.revoke('other');
  await clock.advance(60_000);
  await other.told;
  expect(api.events.isRead(toChannelId(channel.channelId))).toBe(false);
});

test('while the store cannot be read nobody reads: a token may have been revoked', async () => {
  await using posting = await openPosting();
  const { api, clock, listTypes } = posting;
  await api.add('ear', { scopes: ['events'] });
  const ear = (await api.ask('ear', `/v1/servers/${guildId}/events`)).text();
  await api.closeStore();
  await clock.advance(60_000);
  await ear;
  posting.report(joined);
  expect(listTypes()).toEqual([]);
});
