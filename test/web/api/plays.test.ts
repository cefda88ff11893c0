import { expect, test } from 'vitest';
import type { PlayRequest } from '#src/features/tracks/track-outcomes.ts';
import type { TypedRequests } from '#src/features/typed/typed-requests.ts';
import type { PlayEnd } from '#src/ports/play-end.ts';
import { voicesOf } from '#test/commands/ports.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';
import { guildId, openApi, programPorts } from './api-setup.ts';

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
    { ended: 'failed', reason: 'My voice is out.' },
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
  expect(await (await saying).json()).toEqual({ ahead: 1, ...reported });
  expect(await (await playing).json()).toEqual({ track: 'main', title: 'rain', ...reported });
});

test('what has not ended after 45 s is told so', async () => {
  await using bot = await openPlaying();
  const saying = bot.say({ wait: true });
  await untilAsked(bot.says);
  await bot.clock.advance(45_000);
  expect(await (await saying).json()).toEqual({ ahead: 1, ended: null });
});

test('a program that hangs up leaves nothing behind', async () => {
  await using bot = await openPlaying();
  const program = new AbortController();
  const asking = bot.api.ask('bell', at('say'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: 'Hi', wait: true }),
    signal: program.signal,
  });
  await expect.poll(() => bot.clock.sleeping).toBe(1);
  program.abort();
  await asking.catch(() => undefined);
  await expect.poll(() => bot.clock.sleeping).toBe(0);
  expect(bot.api.bugs).toEqual([]);
});

test('a text goes on a named track in the name of the token, and is spoken as it asks', async () => {
  await using bot = await openPlaying();
  const manner = { voice: 'rms', model: 'tts-hd', tone: 'whisper', speed: 1.5 };
  const said = await (await bot.say({ track: 'news', ...manner })).json();
  expect(said).toEqual({ ahead: 2, track: 'news' });
  expect(bot.says).toMatchObject([
    { track: 'news', owner: { id: 'token:bell', name: 'bell', isProgram: true }, ...manner },
  ]);
});
