import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openVoiceServer } from '#sandbox/voice-server/voice-server.ts';
import { identify, Raw, select } from './raw-voice.ts';
import { ada, bob, enter, guildId, settle, ticketOf } from './voice-callers.ts';

test.each([
  ['no ticket at all', { user_id: bob }, 4004],
  ['another token', { token: 'guessed' }, 4004],
  ['another session', { session_id: 'old' }, 4006],
  ['no end-to-end encryption', { max_dave_protocol_version: 0 }, 4017],
])('somebody with %s is refused', async (_, change, code) => {
  await using server = await openVoiceServer();
  server.admit(ticketOf(ada));
  const raw = new Raw(server);
  await raw.say(identify(ada, change));
  expect(await raw.closed).toBe(code);
});

test.each([
  ['anything before identifying', [{ op: 5, d: { speaking: 1, ssrc: 1 } }], 4003],
  ['identifying twice', [identify(ada), identify(ada)], 4005],
  ['no JSON', [identify(ada), '{"op":'], 4002],
  ['an unknown opcode', [identify(ada), { op: 99, d: {} }], 4001],
  ['a known opcode with strange contents', [identify(ada), { op: 1, d: 7 }], 4020],
  ['an unknown cipher', [identify(ada), select('rot13')], 4016],
  ['one byte', [identify(ada), Buffer.of(26)], 4020],
  ['no byte', [identify(ada), Buffer.alloc(0)], 4001],
  [
    'a key package of noise',
    [identify(ada), Buffer.concat([Buffer.of(26), randomBytes(300)])],
    4020,
  ],
  ['a commit of noise', [identify(ada), Buffer.concat([Buffer.of(28), randomBytes(300)])], 4020],
  ['a message far too long', [identify(ada), Buffer.alloc(100_000)], 1009],
])('%s closes that socket, and no other', async (_, frames, code) => {
  await using server = await openVoiceServer();
  await using other = await enter(server, bob);
  server.admit(ticketOf(ada));
  const raw = new Raw(server);
  await raw.say(...frames);
  expect(await raw.closed).toBe(code);
  server.expel(guildId, ada, 4014);
  await settle({ [bob]: other });
});
