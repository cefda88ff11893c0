import { expect, test } from 'vitest';
import type { PlayEnd } from '#src/conversation/ports/play-end.ts';
import type { PlayRequest } from '#src/features/tracks/track-outcomes.ts';
import type { SayOptions } from '#src/features/typed/say-outcomes.ts';
import { Plays } from '#src/web/api/plays.ts';
import { voicesOf } from '#test/commands/ports.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';
import { guildId, openApi, programPorts, refusalIn } from './api-setup.ts';

const at = (path: string) => `/v1/servers/${guildId}/${path}`;

/** A bot that takes every text and sound, and how each of them is to be ended. */
async function openPlaying() {
  const says: SayOptions[] = [];
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

test('without wait the answer comes at once, with an id that tells how it stands', async () => {
  await using bot = await openPlaying();
  const { id, ...view } = await bodyOf(await bot.say({}));
  expect(view).toEqual({ ahead: 1 });
  const stands = async () => await (await bot.api.ask('bell', at(`plays/${id}`))).json();
  expect(await stands()).toEqual({ id, ended: null });
  bot.says[0]?.onEnd?.({ kind: 'stopped', why: 'left' });
  expect(await stands()).toEqual({ id, ended: 'stopped', why: 'left' });
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

test('of plays that go on and of those that have ended the latest thousand are kept each', async () => {
  await using bot = await openPlaying();
  const plays = new Plays(bot.clock);
  const open = () => {
    const play = plays.begin(guildId);
    plays.keep(play);
    return play;
  };
  const ended = open();
  ended.onEnd({ kind: 'completed' });
  const [first, second] = [open(), open()];
  for (let n = 0; n < 999; n++) open();
  expect(() => plays.find(guildId, first.id)).toThrow(/latest 1000/);
  expect(plays.find(guildId, second.id)).toBe(second);
  expect(plays.find(guildId, ended.id)).toBe(ended);
  for (let n = 0; n < 1_000; n++) open().onEnd({ kind: 'skipped' });
  expect(() => plays.find(guildId, ended.id)).toThrow(/latest 1000/);
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

test.each([
  [{ model: 'gpt-dear' }, 'model.unknown', /there are: tts, tts-hd\.$/],
  [{ speed: 3 }, 'request.invalid', /speed/],
  [{ tone: 'x'.repeat(301) }, 'request.invalid', /tone/],
  [{ track: '' }, 'request.invalid', /track/],
])('what cannot be spoken so is refused: %j', async (body, code, sentence) => {
  await using bot = await openPlaying();
  const refused = await refusalIn(await bot.say(body));
  expect(refused).toEqual([400, code, expect.stringMatching(sentence)]);
  expect(bot.says).toEqual([]);
});

test('a tone that the voice does not take is told as ignored', async () => {
  await using api = await openApi(programPorts({ voices: voicesOf([]) }));
  await api.add('bell');
  const said = await bodyOf(await api.post('bell', at('say'), { text: 'Hi', tone: 'whisper' }));
  expect(said).toMatchObject({ ignored: ['tone'] });
  const refused = await refusalIn(await api.post('bell', at('say'), { text: 'Hi', model: 'tts' }));
  expect(refused[2]).toMatch(/there are: none: the voice is embedded\.$/);
});

test('a question is answered as its program wants it spoken, in a body and in a query', async () => {
  const asked: unknown[] = [];
  const ports = programPorts({
    voices: voicesOf([], ['tts', 'tts-hd']),
    ask: async (...[, , , , about]) => {
      asked.push(about?.manner);
      return { kind: 'failed', line: { id: 'ask.late' } };
    },
  });
  await using api = await openApi(ports);
  await api.add('bell');
  const manner = { voice: 'rms', model: 'tts-hd', tone: 'whisper', speed: 1.5 };
  await api.post('bell', at('ask'), { question: 'Why?', answer: 'file', ...manner });
  const query = new URLSearchParams({ answer: 'file', ...manner, speed: '1.5' });
  const headers = { 'content-type': 'audio/wav' };
  await api.ask('bell', at(`ask?${query}`), { method: 'POST', headers, body: 'RIFF' });
  expect(asked).toEqual([manner, manner]);
});
