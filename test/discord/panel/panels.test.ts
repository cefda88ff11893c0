import { expect, test } from 'vitest';
import type { Button } from '#src/conversation/command.ts';
import type { PanelFace, PanelPlace, PanelStore } from '#src/conversation/ports/panel.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import type { MessageBody } from '#src/discord/interactions/rendering.ts';
import { PanelPace } from '#src/discord/panel/panel-pace.ts';
import { memoryOnlyPanelStore, Panels } from '#src/discord/panel/panels.ts';
import { type Locale, text } from '#src/texts/texts.ts';
import { rateLimit, refusal } from '#test/discord/setup/refusals.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const face = (
  state: PanelFace['state'],
  people: PanelFace['people'] = [],
  lastAnswerMs?: number,
): PanelFace => ({
  state,
  people,
  engine: 'built-in',
  ...(lastAnswerMs !== undefined && { lastAnswerMs }),
});
const listening = face({ kind: 'listening' });
const here = (messageId: string): PanelPlace => ({ channelId: 'c', messageId });
const labels = {
  ask: 'button.ask',
  stop: 'button.stop',
  pause: 'button.pause',
  resume: 'button.resume',
  privacy: 'button.privacy',
  'consent.always': 'button.hear_me',
  'consent.never': 'button.not_me',
} as const;
const buttons = new Map(
  Object.entries(labels).map(([name, label]): [string, Button] => [
    name,
    { name, label, style: 'plain', run: async () => [{ id: 'stop.ok', to: 'caller' }] },
  ]),
);

/** Panels over a Discord that takes notes, and fails as `failures` say, one edit each. */
function open({ panelStore = memoryOnlyPanelStore(), locale = 'en' as Locale } = {}) {
  const timing = new SteppedTiming();
  const edits: Array<{
    readonly atMs: number;
    readonly id: string;
    readonly message: MessageBody;
  }> = [];
  const failures: unknown[] = [];
  const events: DiscordEvent[] = [];
  const panels = new Panels({
    pace: new PanelPace(50),
    panelStore,
    buttons,
    timing,
    report: (event) => events.push(event),
    async edit({ messageId }, draw) {
      edits.push({ atMs: timing.nowMs(), id: messageId, message: draw() });
      const failure = failures.shift();
      if (failure) throw failure;
    },
    localeIn: () => locale,
    botNameIn: () => 'Nova',
  });
  /** Lets that time pass, with all that is to happen in it. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      timing.passMs(100);
      await settle();
    }
  };
  const put = (place: PanelPlace, head: string) =>
    panels.put('g', place, head, panels.dressed('g', head));
  return { panels, put, timing, edits, failures, events, pass };
}

/** Lets what was begun come to its end. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

const buttonsOf = (message: MessageBody | undefined): unknown[][] | undefined =>
  message?.components?.map(({ components }) => components.map(({ custom_id: id }) => id));

test('before a panel was put anywhere nothing is edited, and the first one has its face at once', async () => {
  const { panels, edits, pass } = open();
  panels.show('g', listening);
  await pass(5_000);
  expect(edits).toEqual([]);
  expect(panels.dressed('g', 'In Lobby.').content).toBe(
    ['In Lobby.', text('panel.listening'), text('panel.engine', { engine: 'built-in' })].join('\n'),
  );
});

test('a panel is edited at most every 1.2 s, and what it shows last is the newest', async () => {
  const { panels, put, edits, pass } = open();
  put(here('1'), 'In Lobby.');
  for (let turn = 0; turn < 50; turn++) {
    panels.show('g', face({ kind: 'hearing', name: `Ann ${turn}` }));
    await pass(100);
  }
  await pass(2_000);
  const gaps = edits.map(({ atMs }, n) => atMs - (edits[n - 1]?.atMs ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_200);
  expect(edits).toHaveLength(5);
  expect(edits.at(-1)?.message.content).toContain('Hearing Ann 49');
});

test('what already stands there is not written again', async () => {
  const { panels, put, edits, pass } = open();
  panels.show('g', listening);
  put(here('1'), 'In Lobby.');
  panels.show('g', face({ kind: 'thinking' }));
  panels.show('g', listening);
  await pass(5_000);
  expect(edits).toEqual([]);
});

test.each([
  ['a rate limit', rateLimit(4_000), 4_000],
  ['a broken Discord', refusal(502, 0), 1_200],
  ['a broken network', new Error('ECONNRESET'), 1_200],
])('after %s the newest face lands', async (_, failure, waitMs) => {
  const { panels, put, edits, failures, events, pass } = open();
  put(here('1'), 'In Lobby.');
  failures.push(failure);
  panels.show('g', listening);
  await pass(1_300);
  panels.show('g', face({ kind: 'thinking' }));
  panels.show('g', face({ kind: 'paused' }));
  await pass(10_000);
  expect(edits.map(({ message }) => message.content.split('\n')[1])).toEqual([
    text('panel.listening'),
    text('panel.paused'),
  ]);
  expect((edits[1]?.atMs ?? 0) - (edits[0]?.atMs ?? 0)).toBeGreaterThanOrEqual(waitMs);
  expect(events).toEqual([]);
});

test.each([
  [404, 10_008],
  [403, 50_001],
])('a panel that may not be edited any more (%i) ends with one warning', async (status, code) => {
  const { panels, put, edits, failures, events, pass } = open();
  put(here('1'), 'In Lobby.');
  failures.push(refusal(status, code));
  panels.show('g', listening);
  await pass(2_000);
  panels.show('g', face({ kind: 'thinking' }));
  await pass(10_000);
  expect(edits).toHaveLength(1);
  expect(events).toMatchObject([{ kind: 'warning' }]);
});

test('a panel that moved says where to, once, and is left alone', async () => {
  const { panels, put, edits, pass } = open();
  put(here('1'), 'In Lobby.');
  await pass(2_000);
  put(here('2'), 'In Attic.');
  panels.show('g', listening);
  await pass(5_000);
  expect(edits.map(({ id }) => id)).toEqual(['1', '2']);
  const link = 'https://discord.com/channels/g/c/2';
  expect(edits[0]?.message.content).toBe(text('panel.moved', { link }));
  expect(edits[0]?.message.components).toEqual([]);
});

test('the panel of a former run says where it went, too', async () => {
  const panelStore = memoryOnlyPanelStore();
  await panelStore.write('g', here('old'));
  const { put, edits, pass } = open({ panelStore });
  put(here('new'), 'In Lobby.');
  await pass(1_000);
  expect(edits.map(({ id }) => id)).toEqual(['old']);
  expect(await panelStore.read('g')).toEqual(here('new'));
});

test('after a restart the panel tells that nobody is there, until the bot is called again', async () => {
  const panelStore = memoryOnlyPanelStore();
  await panelStore.write('g', here('old'));
  const { panels, put, edits, pass } = open({ panelStore });
  void panels.wake(['f', 'g']);
  await pass(2_000);
  expect(edits.map(({ id, message }) => [id, message.content])).toEqual([
    ['old', text('panel.left')],
  ]);
  put(here('new'), 'In Lobby.');
  await pass(2_000);
  expect(edits.map(({ id }) => id)).toEqual(['old', 'old']);
});

test('after a restart in the middle of a call the panel tells which channel was left', async () => {
  const panelStore = memoryOnlyPanelStore();
  await panelStore.write('g', here('old'));
  const { panels, edits, pass } = open({ panelStore });
  void panels.wake(['g'], new Map([['g', 'Lobby']]));
  await pass(2_000);
  expect(edits.at(-1)?.message.content).toBe(
    'Not in a voice channel\nI was restarted and left Lobby. Run /join to call me back.',
  );
});

test('a panel that was deleted while the bot was away is forgotten without a word', async () => {
  const panelStore = memoryOnlyPanelStore();
  await panelStore.write('g', here('old'));
  const { panels, edits, failures, events, pass } = open({ panelStore });
  failures.push(refusal(404, 10_008));
  void panels.wake(['g']);
  await pass(10_000);
  expect(edits).toHaveLength(1);
  expect(events).toEqual([]);
});

test('a panel works where nothing can be remembered', async () => {
  const broken: PanelStore = {
    read: () => Promise.reject(new Error('locked')),
    write: () => Promise.reject(new Error('locked')),
  };
  const { panels, put, edits, events, pass } = open({ panelStore: broken });
  put(here('1'), 'In Lobby.');
  panels.show('g', listening);
  await pass(2_000);
  expect(edits.map(({ id }) => id)).toEqual(['1']);
  expect(events).toMatchObject([{ kind: 'warning' }]);
});

test('the panel names who is heard and who has not answered, asks them, and counts all others', () => {
  const { panels } = open({ locale: 'de' });
  panels.show(
    'g',
    face(
      { kind: 'speaking', name: '*Ann*' },
      [
        { name: '*Ann*', heard: 'yes' },
        { heard: 'no' },
        { name: 'Cy', heard: 'unasked' },
        { name: '@everyone', heard: 'unasked' },
        { heard: 'unasked' },
      ],
      431.6,
    ),
  );
  expect(panels.dressed('g', 'Kopf').content.split('\n')).toEqual([
    'Kopf',
    text('panel.speaking', { name: '\\*Ann\\*' }, 'de'),
    text('panel.people.yes', { names: '\\*Ann\\*' }, 'de'),
    text('panel.people.unasked', { names: 'Cy, @\u200beveryone, +1' }, 'de'),
    text('panel.people.no', { n: 1 }, 'de'),
    text('panel.last', { ms: 432, engine: 'built-in' }, 'de'),
    text('panel.privacy', {}, 'de'),
  ]);
});

test('a hundred people with long names still fit', () => {
  const { panels } = open();
  const people = Array.from({ length: 100 }, (_, n) => ({
    name: `${'*'.repeat(30)}${n}`,
    heard: (['yes', 'no', 'unasked'] as const)[n % 3] ?? 'no',
  }));
  panels.show('g', face({ kind: 'listening' }, people));
  const { content } = panels.dressed('g', 'x'.repeat(500));
  expect(content.length).toBeLessThanOrEqual(2_000);
});

test('the buttons stand in two rows, and Resume takes the place of Pause while paused', () => {
  const { panels } = open();
  const consent = ['consent.always', 'consent.never'].map((id) => `parley:${id}`);
  panels.show('g', listening);
  expect(buttonsOf(panels.dressed('g', ''))).toEqual([
    ['parley:ask', 'parley:stop', 'parley:pause', 'parley:privacy'],
    consent,
  ]);
  panels.show('g', face({ kind: 'paused' }));
  expect(buttonsOf(panels.dressed('g', ''))?.[0]?.[2]).toBe('parley:resume');
});

test('after leaving, the panel no longer says where the bot is', async () => {
  const { panels, put, edits, pass } = open();
  put(here('2'), 'In Lobby.');
  panels.show('g', face({ kind: 'left' }));
  await pass(2_000);
  expect(edits.at(-1)?.message.content).toBe(text('panel.left'));
});

test('a bot that comes back says where it is, though its last face was that of leaving', async () => {
  const { panels, put, edits, pass } = open();
  panels.show('g', face({ kind: 'left' }));
  expect(panels.dressed('g', 'In Lobby.').content).toBe('In Lobby.');
  put(here('1'), 'In Lobby.');
  await pass(2_000);
  expect(edits).toEqual([]);
});

test('what changed while the panel was being posted lands, too', async () => {
  const { panels, edits, pass } = open();
  panels.show('g', listening);
  const posted = panels.dressed('g', 'In Lobby.');
  panels.show('g', face({ kind: 'paused' }));
  panels.put('g', here('1'), 'In Lobby.', posted);
  await pass(2_000);
  expect(edits.map(({ message }) => message.content.split('\n')[1])).toEqual(['Paused']);
});

test('when the process ends the words of people are taken off the panels first, and nothing is edited then', async () => {
  const { panels, put, edits, pass } = open();
  put(here('m'), 'Hello.');
  const understood = [{ name: 'Adam', words: 'what is a quagga' }];
  panels.show('g', { ...listening, understood });
  await pass(2_000);
  expect(edits.at(-1)?.message.content).toContain('quagga');
  panels.show('g', { ...face({ kind: 'thinking' }), understood });
  await panels.close(1_000);
  expect(edits.at(-1)?.message.content).not.toContain('quagga');
  const { length } = edits;
  panels.show('g', { ...listening, understood });
  await pass(5_000);
  expect(edits).toHaveLength(length);
});

test('a panel without such words is not edited at the end, and a Discord that does not answer is not waited for', async () => {
  const { panels, put, edits, failures, pass } = open();
  put(here('m'), 'Hello.');
  panels.show('g', listening);
  await pass(2_000);
  const { length } = edits;
  await panels.close(1_000);
  expect(edits).toHaveLength(length);
  const other = open();
  other.put(here('n'), 'Hello.');
  other.panels.show('g', { ...listening, understood: [{ name: 'Adam', words: 'quagga' }] });
  await other.pass(2_000);
  other.failures.push(refusal(403, 50_013));
  await other.panels.close(1_000);
  expect(failures).toEqual([]);
});
