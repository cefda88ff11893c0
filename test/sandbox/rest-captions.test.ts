import { expect, test } from 'vitest';
import { perform } from '#sandbox/program/program.ts';
import { readRequestLine } from '#sandbox/program/protocol.ts';
import { openSandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { ask, identified, usualIntents } from './raw-bot.ts';

const messageIntent = 1 << 9;
const never = new AbortController().signal;

async function open(options: Partial<SandboxOptions> = {}) {
  const sandbox = await openSandbox({ voice: silentVoice().half, ...options });
  const messages = (channel = 'general') => `/channels/${sandbox.channelId(channel)}/messages`;
  const post = async (body: object, channel?: string) =>
    String((await ask(sandbox, messages(channel), { body })).json?.id);
  const edit = async (id: string, content: string, channel?: string) => {
    const path = `${messages(channel)}/${id}`;
    const { status, json } = await ask(sandbox, path, { method: 'PATCH', body: { content } });
    return status === 200 ? status : [status, json?.code];
  };
  const program = async (request: object) => {
    const read = readRequestLine(JSON.stringify({ id: 1, ...request }));
    return 'ok' in read ? read : await perform(sandbox, read, never);
  };
  return {
    sandbox,
    messages,
    post,
    edit,
    program,
    [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose](),
  };
}

test('messages older than an hour take few edits, and younger ones as many as you like', async () => {
  await using one = await open({ oldEditsPerHour: 1 });
  const [old, young] = [
    await one.post({ content: 'old' }),
    await one.post({ content: 'young' }, 'Lounge'),
  ];
  expect(await one.edit(old, 'once')).toBe(200);
  expect(await one.program({ do: 'age', channel: 'general', byMs: 3_700_000 })).toMatchObject({
    ok: true,
  });
  expect(await one.edit(old, 'twice')).toBe(200);
  expect(await one.edit(old, 'thrice')).toEqual([429, 30_046]);
  expect(await one.edit(young, 'x', 'Lounge')).toBe(200);
});

test('a message with a nonce that is enforced is posted once', async () => {
  await using one = await open();
  const body = { content: 'x', nonce: 'n1', enforce_nonce: true };
  expect(await one.post(body)).toBe(await one.post({ ...body, content: 'y' }));
  expect(await one.post({ ...body, nonce: 'n2' })).not.toBe(
    await one.post({ content: 'x', nonce: 'n2' }),
  );
  expect(one.sandbox.messages('general').map(({ text }) => text)).toEqual(['x', 'x', 'x']);
});

test('a thread without a message is public where its type says so, sleeps, and is woken', async () => {
  await using one = await open();
  using bot = await identified(one.sandbox);
  const path = `/channels/${one.sandbox.channelId('general')}/threads`;
  const untyped = await ask(one.sandbox, path, { body: { name: 'Captions' } });
  expect(untyped.status).toBe(400);
  const { json } = await ask(one.sandbox, path, { body: { name: 'Captions', type: 11 } });
  const id = await one.post({ content: 'x' }, 'Captions');
  one.sandbox.guild().archiveThread('Captions');
  expect(await one.edit(id, 'y', 'Captions')).toEqual([400, 50_083]);
  const woken = { method: 'PATCH', body: { archived: false } } as const;
  const { status } = await ask(one.sandbox, `/channels/${json?.id}`, woken);
  expect([status, await one.edit(id, 'y', 'Captions')]).toEqual([200, 200]);
  one.sandbox.guild().archiveThread('Captions');
  await one.post({ content: 'wakes it' }, 'Captions');
  expect(await one.edit(id, 'z', 'Captions')).toBe(200);
  one.sandbox.guild().removeChannel('Captions');
  expect(await bot.event('THREAD_DELETE')).toMatchObject({ id: json?.id });
});

test('the bot is told of each message that people delete, and of many at once', async () => {
  await using one = await open();
  using bot = await identified(one.sandbox, usualIntents | messageIntent);
  const ids = [
    await one.post({ content: 'a' }),
    await one.post({ content: 'b' }),
    await one.post({ content: 'c' }),
  ];
  const [first = '', ...others] = ids;
  const mine = { person: 'Adam', messageId: first };
  expect(await one.program({ do: 'delete', ...mine })).toMatchObject({ ok: false });
  expect(await one.program({ do: 'delete', ...mine, person: 'Olga' })).toMatchObject({ ok: true });
  expect(await bot.event('MESSAGE_DELETE')).toMatchObject({ id: first });
  one.sandbox.guild().deleteMessages(others);
  expect(await bot.event('MESSAGE_DELETE_BULK')).toMatchObject({ ids: others });
  const own = one.sandbox.person('Adam').write('mine');
  one.sandbox.person('Adam').deleteMessage(own);
  expect(one.sandbox.messages('general')).toEqual([]);
});
