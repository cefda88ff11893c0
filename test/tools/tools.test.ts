import { expect, test } from 'vitest';
import { openText, unknownReaders } from '#src/people/confidential-text.ts';
import type { ToolOutcome, ToolPorts } from '#src/session/ports/tool.ts';
import type { CheckedLine } from '#src/texts/texts.ts';
import { tools } from '#tools/tools.ts';

const never = new AbortController().signal;

/** A room of Ana and two who did not agree, at noon of a winter's day. */
function open() {
  const posted: string[] = [];
  const changes: unknown[] = [];
  const noted = (change: object): ToolOutcome => {
    changes.push(change);
    return { facts: { outcome: 'done' } };
  };
  const ports: ToolPorts = {
    clock: { wallMs: () => Date.UTC(2026, 11, 24, 12) },
    timeZone: 'Pacific/Kiritimati',
    company: () => ({ names: ['Ana'], others: 2, bots: 1 }),
    post: async (text) => void posted.push(text),
    findInCaptions: async (question, about) => ({
      lines: 1,
      quote: { text: openText(`Ben, 20:14: ${question} (${about})`), aboutIds: ['ben'] },
    }),
    leave: async () => ({
      kind: 'left',
      channel: 'Lounge',
      stayedMs: 61_000,
      hasTranscript: false,
    }),
    memories: {
      remember: async () => ({ kind: 'refused', line: { id: 'memory.off' } }),
      forget: async () => ({ kind: 'refused', line: { id: 'memory.unknown' } }),
    },
    reminders: {
      set: async (draft) => noted({ set: draft }),
      list: async () => noted({ list: true }),
      cancel: async (number) => noted({ cancel: number }),
    },
    tracks: {
      chosen: () => undefined,
      async play(request) {
        changes.push(request);
        return {
          line: { id: 'track.playing', with: { title: 'rain', track: 'main' } },
          isHeard: true,
        };
      },
      async change(change, called) {
        changes.push([change, called]);
        return [{ id: 'track.volume', with: { track: 'bg', n: 30 } }];
      },
    },
  };
  const run = async (name: string, call: object): Promise<ToolOutcome> => {
    const fit = tools.find((one) => one.name === name)?.fit(JSON.stringify(call));
    if (!fit || 'unfit' in fit) throw new Error(fit?.unfit ?? 'no such tool');
    return await fit.run(ports, never);
  };
  return { posted, changes, ports, run };
}

test('the time is told here and in any zone, and a zone there is not is no error', async () => {
  const { run } = open();
  const tokyo = await run('time', { zone: 'Asia/Tokyo' });
  expect(tokyo.facts.zone).toBe('Asia/Tokyo');
  expect(tokyo.facts.now).toMatch(/^Thursday,? 24 December 2026 at 21:00$/);
  expect((await run('time', {})).facts).toEqual({
    now: expect.stringContaining('25 December 2026 at 02:00'),
    zone: 'Pacific/Kiritimati',
  });
  expect((await run('time', { zone: '../etc' })).facts).toEqual({ unknownZone: '../etc' });
});

test('only those who agreed to be heard are named', async () => {
  const { facts } = await open().run('who_is_here', {});
  expect(facts).toEqual({ names: ['Ana'], othersWithoutName: 2, otherBots: 1 });
});

test('leaving is told in the words of /leave', async () => {
  const { line } = await open().run('leave', {});
  expect(line).toEqual({ id: 'leave.ok', with: { channel: 'Lounge', duration: '1 min' } });
});

test('lines of captions are quoted, and the model is told only how many', async () => {
  const call = { question: 'What about Friday?', about: '2026-11-20' };
  const { facts, quote } = await open().run('find_in_captions', call);
  expect(facts).toEqual({ linesQuoted: 1 });
  expect(quote?.aboutIds).toEqual(['ben']);
  const words = quote?.text.textFor(unknownReaders);
  expect(words).toBe('Ben, 20:14: What about Friday? (2026-11-20)');
});

test('a text is posted as it was given, for the scribe to make harmless', async () => {
  const { posted, run } = open();
  await run('post_text', { text: 'Dinner at eight.' });
  expect(posted).toEqual(['Dinner at eight.']);
});

/** What is shown of a text before Confirm is pressed: the sentence beside the button, and files. */
async function shownOf(text: string) {
  const { ports } = open();
  const fit = tools.find(({ name }) => name === 'post_text')?.fit(JSON.stringify({ text }));
  const prepared = fit && 'run' in fit ? await fit.prepare(ports, never) : undefined;
  if (prepared?.kind !== 'ready') return expect.fail();
  const ask: CheckedLine = prepared.ask;
  return { id: ask.id, words: ask.with, files: prepared.files };
}

test('a text of one line is shown whole beside the button', async () => {
  const text = 'Dinner at eight. '.repeat(30).trim();
  expect(await shownOf(text)).toEqual({ id: 'tool.post.ask', words: { text }, files: [] });
});

test.each([
  ['is long', 'a'.repeat(1_500)],
  ['holds an address', 'Look: https://evil.example/x discord.gg/x'],
  ['has several lines', 'One\n\n\nTwo'],
])(
  'a text that %s is shown whole in a file, with its length and its beginning, and no address beside the button',
  async (_, text) => {
    const { id, words, files } = await shownOf(text);
    expect([id, words?.n]).toEqual(['tool.post.ask.file', text.length]);
    expect(files).toEqual([{ name: 'text.txt', text }]);
    expect(`${words?.text}`).not.toMatch(/evil|gg|\n/);
    expect(`${words?.text}`.length).toBeLessThanOrEqual(80);
  },
);

test('what nobody would see in a text is shown as an escape', async () => {
  const { files } = await shownOf('Dinner\u200b at eight');
  expect(files).toEqual([{ name: 'text.txt', text: 'Dinner\\u200b at eight' }]);
});

test('a track is changed by its name, or by what plays there', async () => {
  const { changes, run } = open();
  const { facts, line } = await run('change_track', { deed: 'volume', track: 'rain', change: -20 });
  expect([facts, line?.id]).toEqual([{ outcome: ['bg at 30 %.'] }, 'track.volume']);
  await run('change_track', { deed: 'volume', level: 0 });
  await run('change_track', { deed: 'stop', track: 'all' });
  expect(changes).toEqual([
    [{ kind: 'volume', by: -20 }, 'rain'],
    [{ kind: 'volume', level: 0 }, undefined],
    [{ kind: 'stop' }, 'all'],
  ]);
});

test.each([
  [
    { deed: 'seek', to: '2:00' },
    { kind: 'seek', to: { kind: 'at', ms: 120_000 } },
  ],
  [
    { deed: 'seek', to: '-30' },
    { kind: 'seek', to: { kind: 'by', ms: -30_000 } },
  ],
  [
    { deed: 'fade', level: 0 },
    { kind: 'fade', percent: 0, overMs: 5_000 },
  ],
  [
    { deed: 'fade', level: 80, seconds: 20 },
    { kind: 'fade', percent: 80, overMs: 20_000 },
  ],
  [{ deed: 'loop' }, { kind: 'loop', on: true }],
  [{ deed: 'unloop' }, { kind: 'loop', on: false }],
  [{ deed: 'mute' }, { kind: 'mute' }],
  [{ deed: 'unmute' }, { kind: 'unmute' }],
  [
    { deed: 'remove', item: 'wind' },
    { kind: 'remove', item: 'wind' },
  ],
])('%j changes a track', async (given, change) => {
  const { changes, run } = open();
  await run('change_track', given);
  expect(changes).toEqual([[change, undefined]]);
});

test.each([
  [{ deed: 'volume' }],
  [{ deed: 'volume', level: 30, change: 10 }],
  [{ deed: 'volume', level: 201 }],
  [{ deed: 'fade' }],
  [{ deed: 'fade', level: 20, seconds: 601 }],
  [{ deed: 'seek' }],
  [{ deed: 'seek', to: 'the middle' }],
  [{ deed: 'remove' }],
  [{ deed: 'eat' }],
])('%j fits no tool', async (given) => {
  await expect(open().run('change_track', given)).rejects.toThrow();
});

test('every tool is offered as an object that takes nothing else', () => {
  for (const { name, parameters } of tools) {
    expect(name).toMatch(/^[a-z_]{1,64}$/);
    expect(parameters).toMatchObject({ type: 'object', additionalProperties: false });
    expect(parameters).not.toHaveProperty('$schema');
  }
});

test('a reminder is set in words of a time, and cancelled by its number or as the only one', async () => {
  const { changes, run } = open();
  await run('set_reminder', { when: ' in ten minutes ', text: 'tea' });
  await run('set_reminder', { when: '18:30' });
  await run('list_reminders', {});
  await run('cancel_reminder', { number: 2 });
  await run('cancel_reminder', {});
  expect(changes).toEqual([
    { set: { when: 'in ten minutes', text: 'tea' } },
    { set: { when: '18:30' } },
    { list: true },
    { cancel: 2 },
    { cancel: undefined },
  ]);
  for (const when of ['', 'x'.repeat(81)])
    await expect(run('set_reminder', { when })).rejects.toThrow('characters');
});
