import { expect, test } from 'vitest';
import { openSandbox, type Sandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { download } from './download.ts';
import { ask, identified, usualIntents } from './raw-bot.ts';

const open = (options: Partial<SandboxOptions> = {}) =>
  openSandbox({ voice: silentVoice().half, ...options });
const messageIntent = 1 << 9;
const contentIntent = 1 << 15;
const words = (name: string, text: string) => ({
  name,
  type: 'text/plain',
  bytes: new TextEncoder().encode(text),
});

function messagesOf(sandbox: Sandbox, channel = 'general'): string {
  return `/channels/${sandbox.channelId(channel)}/messages`;
}

/** Writes as the bot, and tells the status, Discord's own code, and the id. */
async function write(sandbox: Sandbox, body: object, channel?: string) {
  const { status, json } = await ask(sandbox, messagesOf(sandbox, channel), { body });
  return { status, code: json?.code, id: String(json?.id) };
}

test('what people write is told without its words, unless it mentions the bot or the intent is ticked', async () => {
  await using sandbox = await open({ privilegedIntents: ['content'] });
  using bot = await identified(sandbox, usualIntents | messageIntent);
  using reader = await identified(sandbox, usualIntents | messageIntent | contentIntent);
  const adam = sandbox.person('Adam');
  adam.write('first', { files: [words('a.txt', 'x')] });
  const reported = (client: typeof bot) =>
    client.heard.filter(({ t }) => t === 'MESSAGE_CREATE').map(({ d }) => d);
  await expect
    .poll(() => reported(reader))
    .toMatchObject([{ content: 'first', attachments: [{}] }]);
  await expect.poll(() => reported(bot)).toMatchObject([{ content: '', attachments: [] }]);
  adam.write(`hey <@${sandbox.botId}>`, { channel: 'Lounge' });
  await expect
    .poll(() => reported(bot).at(-1))
    .toMatchObject({
      content: `hey <@${sandbox.botId}>`,
      channel_id: sandbox.channelId('Lounge'),
      author: { global_name: 'Adam' },
    });
});

test('people write where they may, reply, and send voice messages', async () => {
  await using sandbox = await open();
  const adam = sandbox.person('Adam');
  const first = adam.write('first');
  adam.write('second', { replyTo: first, files: [{ ...words('v.ogg', 'x'), voiceSeconds: 2 }] });
  const { json } = await ask(sandbox, messagesOf(sandbox));
  expect(json).toMatchObject([
    {
      content: 'second',
      type: 19,
      flags: 1 << 13,
      message_reference: { message_id: first.id },
      attachments: [{ duration_secs: 2 }],
    },
    { content: 'first', type: 0 },
  ]);
  sandbox.guild().permit('general', '@everyone', { deny: ['sendMessages'] });
  expect(() => adam.write('third')).toThrow('Adam may not write in general.');
});

test('the bytes of a file are served to whoever asks, and a file nobody sent is not found', async () => {
  await using sandbox = await open();
  const form = new FormData();
  form.set('files[0]', new Blob(['one'], { type: 'text/plain' }), 'one.txt');
  form.set('files[1]', new Blob(['two'], { type: 'audio/wav' }), 'größe.wav');
  const attachments = [{ id: 1, description: 'the second' }, { id: '0' }];
  form.set('payload_json', JSON.stringify({ attachments }));
  const { json } = await ask(sandbox, messagesOf(sandbox), { method: 'POST', form });
  expect(json?.attachments).toMatchObject([
    { filename: 'one.txt', size: 3 },
    { filename: 'größe.wav', description: 'the second', content_type: 'audio/wav' },
  ]);
  const file = sandbox.messages('general')[0]?.files[1];
  const url = file?.url ?? '';
  expect(url).toMatch(`https://${sandbox.cdnHost}/attachments/`);
  expect(await download(url, sandbox)).toEqual({ status: 200, type: 'audio/wav', text: 'two' });
  const unknown = url.replace(/\d+\/[^/]*$/, '1/x');
  expect(await download(unknown, sandbox)).toMatchObject({ status: 404 });
  expect(sandbox.requests()[0]).toMatchObject({
    route: '/channels/:channel/messages',
    body: { attachments },
    files: [{ name: 'one.txt', type: 'text/plain', sizeBytes: 3 }, { name: 'größe.wav' }],
  });
});

test('an edit keeps the files it lists, or all of them when it lists none', async () => {
  await using sandbox = await open();
  const [message] = [sandbox.person('Adam').write('x', { files: [words('a.txt', 'a')] })];
  expect(message.fileNames).toEqual(['a.txt']);
  const form = new FormData();
  form.set('files[0]', new Blob(['b']), 'b.txt');
  form.set('payload_json', '{"content":"see"}');
  const { json } = await ask(sandbox, messagesOf(sandbox), { method: 'POST', form });
  const path = `${messagesOf(sandbox)}/${json?.id}`;
  const names = async (body: object) => {
    await ask(sandbox, path, { method: 'PATCH', body });
    return sandbox.message(String(json?.id))?.fileNames;
  };
  expect(await names({ content: 'seen' })).toEqual(['b.txt']);
  expect(await names({ attachments: [] })).toEqual([]);
});

test('the bot writes only where its rights let it, and in the chat of a voice channel it may enter', async () => {
  await using sandbox = await open();
  const guild = sandbox.guild();
  const embed = { embeds: [{ title: 'x' }] };
  guild.permit('general', 'Nova', { deny: ['embedLinks'] });
  expect(await write(sandbox, embed)).toMatchObject({ status: 403, code: 50_013 });
  expect(await write(sandbox, { content: 'x' })).toMatchObject({ status: 200 });
  guild.permit('general', 'Nova', { deny: ['sendMessages'] });
  expect(await write(sandbox, { content: 'x' })).toMatchObject({ status: 403, code: 50_013 });
  guild.permit('general', 'Nova', { deny: ['viewChannel'] });
  expect(await write(sandbox, { content: 'x' })).toMatchObject({ status: 403, code: 50_001 });
  expect(await write(sandbox, { content: 'x' }, 'Lounge')).toMatchObject({ status: 200 });
  guild.permit('Lounge', 'Nova', { deny: ['connect'] });
  expect(await write(sandbox, { content: 'x' }, 'Lounge')).toMatchObject({ code: 50_001 });
});

test('what was written is read in pages, and not at all without the right to the history', async () => {
  await using sandbox = await open();
  const ids: string[] = [];
  for (const content of ['one', 'two', 'three']) ids.push((await write(sandbox, { content })).id);
  const read = async (query: string) => {
    const { json } = await ask(sandbox, `${messagesOf(sandbox)}?${query}`);
    return (json as unknown as { content: string }[]).map(({ content }) => content);
  };
  expect(await read('limit=2')).toEqual(['three', 'two']);
  expect(await read(`before=${ids[2]}`)).toEqual(['two', 'one']);
  expect(await read(`after=${ids[0]}&limit=1`)).toEqual(['two']);
  sandbox.guild().setRole('@everyone', ['viewChannel']);
  sandbox.guild().setRole('Nova', []);
  expect(await read('')).toEqual([]);
});

test('whom a message would ring for is told, whatever allowed_mentions let through', async () => {
  await using sandbox = await open();
  const adam = sandbox.person('Adam');
  const dj = sandbox.guild().addRole('DJ');
  const content = `@everyone <@${adam.id}> <@&${dj}>`;
  const pings = async (allowed_mentions?: object) => {
    const { id } = await write(sandbox, { content, allowed_mentions });
    return sandbox.message(id)?.pings;
  };
  expect(await pings()).toEqual(['@everyone', '@Adam', '@DJ']);
  expect(await pings({ parse: [] })).toEqual([]);
  expect(await pings({ parse: ['roles'] })).toEqual(['@DJ']);
  expect(await pings({ parse: [], users: [adam.id] })).toEqual(['@Adam']);
  const bodies = sandbox.requests().map(({ body }) => body);
  expect(bodies.at(-1)).toMatchObject({ allowed_mentions: { parse: [], users: [adam.id] } });
  sandbox.guild().setRole('@everyone', ['viewChannel', 'sendMessages']);
  expect(await pings()).toEqual(['@Adam']);
});

test('a thread hangs under a message, has its id, and is written in like a channel', async () => {
  await using sandbox = await open();
  using bot = await identified(sandbox);
  const { id } = await write(sandbox, { content: 'captions' });
  const path = `${messagesOf(sandbox)}/${id}/threads`;
  const { status, json } = await ask(sandbox, path, { body: { name: 'Français' } });
  expect([status, json?.id, json?.type]).toEqual([201, id, 11]);
  expect(await bot.event('THREAD_CREATE')).toMatchObject({ id, newly_created: true });
  expect(await write(sandbox, { content: 'bonjour' }, 'Français')).toMatchObject({ status: 200 });
  sandbox.person('Adam').write('salut', { channel: 'Français' });
  expect(sandbox.messages('Français').map(({ author, text }) => `${author}: ${text}`)).toEqual([
    'Nova: bonjour',
    'Adam: salut',
  ]);
  sandbox.guild().permit('general', 'Nova', { deny: ['sendInThreads'] });
  expect(await write(sandbox, { content: 'x' }, 'Français')).toMatchObject({ code: 50_013 });
  sandbox.guild().removeChannel('general');
  expect(() => sandbox.channelId('Français')).toThrow('There is no channel Français here.');
});

test('a file handed to a command is told under its id, with a url that serves it', async () => {
  await using sandbox = await open();
  using bot = await identified(sandbox);
  const options = [{ name: 'recording', description: 'x', type: 11, required: true }];
  const body = { name: 'ask', description: 'x', options };
  await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
  const adam = sandbox.person('Adam');
  expect(() => adam.command('ask', { recording: 'x' })).toThrow('cannot take x for recording');
  adam.command('ask', { recording: words('q.wav', 'sound') });
  const { data } = await bot.event('INTERACTION_CREATE');
  const { options: filled, resolved } = data as {
    options: { value: string }[];
    resolved: { attachments: Record<string, { filename: string; url: string }> };
  };
  const attachment = resolved.attachments[filled[0]?.value ?? ''];
  expect(attachment?.filename).toBe('q.wav');
  expect(await download(attachment?.url ?? '', sandbox)).toMatchObject({ text: 'sound' });
});

test('a callback that does not fit what it answers is refused, and another may follow', async () => {
  await using sandbox = await open();
  using bot = await identified(sandbox);
  const body = { name: 'join', description: 'x' };
  await ask(sandbox, `/applications/${sandbox.botId}/commands`, { body });
  sandbox.person('Adam').command('join');
  const { id, token } = await bot.event('INTERACTION_CREATE');
  const answer = async (type: number, data?: object) =>
    (await ask(sandbox, `/interactions/${id}/${token}/callback`, { body: { type, data } })).status;
  expect(await answer(6)).toBe(400);
  expect(await answer(8, { choices: [] })).toBe(400);
  expect(await answer(4, { content: 'fine' })).toBe(204);
});

test('a file above the limit, and files that are too large together, are refused with 40005', async () => {
  await using sandbox = await open();
  const upload = async (...sizes: readonly number[]) => {
    const form = new FormData();
    for (const [place, bytes] of sizes.entries())
      form.set(`files[${place}]`, new Blob([new Uint8Array(bytes)]), `${place}.bin`);
    return (await ask(sandbox, messagesOf(sandbox), { method: 'POST', form })).json?.code;
  };
  const limit = 10 * 1024 * 1024;
  expect(await upload(limit)).toBeUndefined();
  expect(await upload(limit + 1)).toBe(40_005);
  expect(await upload(limit, limit, limit)).toBe(40_005);
  expect(sandbox.messages('general')).toHaveLength(1);
});
