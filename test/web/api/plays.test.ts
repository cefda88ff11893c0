import { expect, test } from 'vitest';
import type { PlayEnd } from '#src/conversation/ports/play-end.ts';
import type { PlayRequest } from '#src/features/tracks/track-outcomes.ts';
import type { TypedRequests } from '#src/features/typed/typed-requests.ts';
import { voicesOf } from '#test/commands/ports.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';
import { guildId, openApi, programPorts, refusalIn } from './api-setup.ts';

const at = (path: string) => `/v1/servers/${guildId}/${path}`;

/** A bot that takes every text and sound, and how each of them is to be ended. */
async function openPlaying() {
  const says: NonNullable<Parameters<TypedRequests['say']>[3]>[] = [];
  const requests: PlayRequest[] = [];
  const ports = programPorts({
    voices: voicesOf([], ['tts', 'tts-hd']),
    say: async (...[, , , how = {}]) => {
      says.push(how);
      const playing = { kind: 'added', title: '“Hi”', track: how.track ?? '', place: 2 } as const;
      return how.track === undefined ? { kind: 'queued', ahead: 1 } : { kind: 'placed', playing };
    },
    play: async (_guild, _caller, request) => {
      requests.push(request);
      return { kind: 'playing', title: 'rain', track: 'main' };
    },
  });
  const clock = new VirtualClock();
  const api = await openApi(ports, clock);
  await api.add('bell');
  return {
    api,
    clock,
    says,
    requests,
    say: (body: object) => api.post('bell', at('say'), { text: 'Hi', ...body }),
    play: (body: object) => api.post('bell', at('tracks'), { sound: 'rain', ...body }),
    ends: () => [...says, ...requests].map(({ onEnd }) => onEnd),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}

async function bodyOf(response: Response) {
  return (await response.json()) as { readonly id: string } & Readonly<Record<string, unknown>>;
}

/** Waits until the bot was asked so often. */
async function untilAsked(asked: { readonly length: number }, count = 1): Promise<void> {
  await expect.poll(() => asked.length).toBe(count);
  await settled();
}

test.each<[PlayEnd, object]>([
  [{ kind: 'completed' }, { ended: 'completed' }],
  [{ kind: 'skipped' }, { ended: 'skipped' }],
  [
    { kind: 'stopped', why: 'interrupted' },
    { ended: 'stopped', why: 'interrupted' },
  ],
  [
    { kind: 'failed', reason: { id: 'track.bad.voice' } },
    { ended: 'failed', reason: 'my voice is out' },
  ],
])('with wait a program is answered when it has ended: %j', async (end, reported) => {
  await using bot = await openPlaying();
  const saying = bot.say({ wait: true });
  const playing = bot.play({ wait: true });
  await untilAsked(
    {
      get length() {
        return bot.ends().length;
      },
    },
    2,
  );
  for (const onEnd of bot.ends()) onEnd?.(end);
  const id = expect.any(String);
  expect(await (await saying).json()).toEqual({ ahead: 1, id, ...reported });
  expect(await (await playing).json()).toEqual({ track: 'main', title: 'rain', id, ...reported });
});

test('what has not ended after 45 s is told so, and its id is asked again', async () => {
  await using bot = await openPlaying();
  const saying = bot.say({ wait: true });
  await untilAsked(bot.says);
  await bot.clock.advance(45_000);
  const { id, ...view } = await bodyOf(await saying);
  expect(view).toEqual({ ahead: 1, ended: null });
  const again = bot.api.ask('bell', at(`plays/${id}?wait=true`));
  await expect.poll(() => bot.clock.sleeping).toBeGreaterThan(0);
  bot.says[0]?.onEnd?.({ kind: 'completed' });
  expect(await (await again).json()).toEqual({ id, ended: 'completed' });
  expect(await (await bot.api.ask('bell', at(`plays/${id}`))).json()).toEqual({
    id,
    ended: 'completed',
  });
});

test('a program that hangs up leaves nothing behind, and stops nothing', async () => {
  await using bot = await openPlaying();
  const { id } = await bodyOf(await bot.play({ loop: true }));
  const program = new AbortController();
  const asking = bot.api.ask('bell', at(`plays/${id}?wait=true`), { signal: program.signal });
  await expect.poll(() => bot.clock.sleeping).toBe(1);
  program.abort();
  await asking.catch(() => undefined);
  await expect.poll(() => bot.clock.sleeping).toBe(0);
  expect(bot.api.bugs).toEqual([]);
  expect(await (await bot.api.ask('bell', at(`plays/${id}`))).json()).toEqual({ id, ended: null });
});

test('an end is told to tokens of that server that may say or play, and to no others', async () => {
  await using bot = await openPlaying();
  const { id } = await bodyOf(await bot.say({}));
  await bot.api.add('player', { scopes: ['track'] });
  await bot.api.add('asker', { scopes: ['ask'] });
  await bot.api.add('elsewhere', { guildId: '2' });
  expect((await bot.api.ask('player', at(`plays/${id}`))).status).toBe(200);
  expect((await refusalIn(await bot.api.ask('asker', at(`plays/${id}`)))).slice(1)).toEqual([
    'token.scope',
    'The token asker has no scope say or track.',
  ]);
  const other = await bot.api.ask('elsewhere', `/v1/servers/2/plays/${id}`);
  expect((await refusalIn(other)).slice(0, 2)).toEqual([404, 'play.unknown']);
  const unknown = await refusalIn(await bot.api.ask('bell', at('plays/nothing')));
  expect(unknown.slice(0, 2)).toEqual([404, 'play.unknown']);
});

test('a text goes on a named track in the name of the token, and is spoken as it asks', async () => {
  await using bot = await openPlaying();
  const manner = { voice: 'rms', model: 'tts-hd', tone: 'whisper', speed: 1.5 };
  const said = await bodyOf(await bot.say({ track: 'news', ...manner }));
  expect(said).toEqual({ ahead: 2, track: 'news', id: expect.any(String) });
  expect(bot.says).toMatchObject([
    { track: 'news', owner: { id: 'token:bell', name: 'bell', isProgram: true }, ...manner },
  ]);
});
