import { expect, test } from 'vitest';
import { openSandbox, type Sandbox, type SandboxOptions } from '#sandbox/sandbox.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';
import { ask } from './raw-bot.ts';

const open = (options: Partial<SandboxOptions> = {}) =>
  openSandbox({ voice: silentVoice().half, ...options });
function messagesOf(sandbox: Sandbox, channel = 'general'): string {
  return `/channels/${sandbox.channelId(channel)}/messages`;
}

/** Writes as the bot, and tells the status, Discord's own code, and the id. */
async function write(sandbox: Sandbox, body: object, channel?: string) {
  const { status, json } = await ask(sandbox, messagesOf(sandbox, channel), { body });
  return { status, code: json?.code, id: String(json?.id) };
}

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

/** Status and code of a message with these parts beside its text. */
const answerTo = async (sandbox: Sandbox, body: object) => {
  const { status, code } = await write(sandbox, { content: 'x', ...body });
  return { status, code };
};
const malformed = { status: 400, code: 50_035 };
const rowOf = (...components: readonly object[]) => ({ components: [{ type: 1, components }] });
const button = { type: 2, style: 1, custom_id: 'a', label: 'x' };
const menu = { type: 3, custom_id: 'm', options: [{ label: 'a', value: 'a' }] };

test("a field that Discord's published description does not name is refused", async () => {
  await using sandbox = await open();
  expect(await answerTo(sandbox, { colour: 1 })).toEqual(malformed);
  expect(await answerTo(sandbox, { flags: 'all' })).toEqual(malformed);
});

test('a text that is longer than the description lets it be is refused', async () => {
  await using sandbox = await open();
  const longest = { ...button, label: 'x'.repeat(80) };
  expect(await answerTo(sandbox, rowOf(longest))).toMatchObject({ status: 200 });
  const tooLong = { ...button, label: 'x'.repeat(81) };
  expect(await answerTo(sandbox, rowOf(tooLong))).toEqual(malformed);
});

test('a number out of the range of the description is refused', async () => {
  await using sandbox = await open();
  for (const max_values of [0, 26]) {
    expect(await answerTo(sandbox, rowOf({ ...menu, max_values }))).toEqual(malformed);
  }
  expect(await answerTo(sandbox, rowOf({ ...menu, max_values: 1 }))).toMatchObject({ status: 200 });
});

test('what Discord refuses and its description does not say is refused', async () => {
  await using sandbox = await open();
  const { label: _, ...unlabelled } = button;
  const rows = Array.from({ length: 6 }, (_, n) => rowOf({ ...button, custom_id: `${n}` }));
  const forbidden = [
    rowOf(button, button),
    rowOf(unlabelled),
    rowOf(menu, { ...menu, custom_id: 'n' }),
    rowOf({ ...menu, max_values: 2 }),
    rowOf({ ...menu, options: [...menu.options, ...menu.options] }),
    rowOf({ type: 5, custom_id: 'u', default_values: [{ id: '1', type: 'user' }], min_values: 2 }),
    { components: rows.flatMap(({ components }) => components) },
  ];
  for (const each of forbidden) expect(await answerTo(sandbox, each)).toEqual(malformed);
});
