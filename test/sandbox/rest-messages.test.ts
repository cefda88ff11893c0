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

test("what Discord's published description forbids is refused", async () => {
  await using sandbox = await open();
  const button = { type: 2, style: 1, custom_id: 'a', label: 'x'.repeat(81) };
  const pressed = { content: 'x', components: [{ type: 1, components: [button] }] };
  expect(await write(sandbox, pressed)).toMatchObject({ status: 400, code: 50_035 });
  expect(await write(sandbox, { content: 'x', colour: 1 })).toMatchObject({ status: 400 });
  expect(await write(sandbox, { content: 'x', flags: 'all' })).toMatchObject({ status: 400 });
});
