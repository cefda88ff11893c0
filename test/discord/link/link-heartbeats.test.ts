import {
  collectFrames,
  openFileLogin,
  openLinkSetup,
  waitUntil,
} from '#test/discord/setup/sandbox-login.ts';

const login = openFileLogin(0, 1_000);

test('a voice socket that leaves heartbeats unanswered for ten seconds ends the link, to be opened anew, and is counted', async () => {
  const { events, sandbox, faults } = login();
  await using setup = await openLinkSetup(login(), () => true);
  const log = collectFrames(setup.link);
  faults.freeze(sandbox.botId);
  await waitUntil(() => log.error !== undefined);
  expect(log.error).toMatchObject({ code: 'link.lost', retryable: true });
  expect(events.filter(({ kind }) => kind === 'path-died')).toEqual([
    {
      kind: 'path-died',
      guildId: sandbox.guildId,
      why: expect.stringMatching(/^For 10 s /),
    },
  ]);
});

test.each([
  ['a DAVE message in a call without encryption', Buffer.from([0, 1, 25, 1, 2, 3])],
  ['a binary message of one byte', Buffer.from([1])],
])('%s ends in a link that hears, or in one that is over', async (_, frame) => {
  const { sandbox, faults } = login();
  await using setup = await openLinkSetup(login(), () => true);
  const log = collectFrames(setup.link);
  faults.send(sandbox.botId, frame);
  await setup.speak();
  await waitUntil(() => log.error !== undefined || log.packets >= 8);
  if (log.error !== undefined) {
    expect(log.error).toMatchObject({ code: 'link.lost', retryable: true });
    await waitUntil(() => sandbox.bot().channel === undefined);
  }
});

test('broken JSON, unknown opcodes and a message of a megabyte keep nobody from being heard', async () => {
  const { sandbox, faults } = login();
  await using setup = await openLinkSetup(login(), () => true);
  const log = collectFrames(setup.link);
  faults.send(sandbox.botId, '{"op":');
  faults.send(sandbox.botId, '{"op":99,"d":null}');
  faults.send(sandbox.botId, JSON.stringify({ op: 99, d: 'x'.repeat(1_000_000) }));
  await setup.speak();
  await waitUntil(() => log.packets >= 8);
  expect(log.error).toBeUndefined();
});
