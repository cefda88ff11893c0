import { buttons } from '#commands/buttons.ts';
import { commands } from '#commands/commands.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { CommandCall } from '#src/features/command.ts';
import type { MemoryCache } from '#src/features/memories/memory-cache.ts';
import type { Memory } from '#src/stores/memory-store.ts';
import { textLocales } from '#src/texts/locales.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  adam,
  inLounge,
  makePorts,
  manager,
  type PortOverrides,
} from './command-ports.ts';
import { listLines, type ReadReplies, runPressed, runTyped } from './run-typed.ts';

const nowhere = { at: () => undefined };
const allowUnsaved = async () => ({ kind: 'allowed', isSaved: false }) as const;
const consents = ['consent.always', 'consent.never'];

const runPrivacy = (name: string, call = adam, overrides?: PortOverrides) =>
  runTyped(`privacy ${name}`, call, overrides);
const pressPrivacy = (name: string, call = adam, overrides?: PortOverrides) =>
  runPressed(name, call, overrides);

test.each([
  ['always', 'I hear you until you say no. To stop me, press Not me.'],
  ['brief', 'I hear you until this session ends. To stop me, press Not me.'],
  ['policy', 'I hear you by the rules of this server. To stop me, press Not me.'],
  ['unasked', "I don't hear you yet. Press Hear me to talk to me."],
  ['no', "You said no, so I don't hear you. Press Hear me to change that."],
] as const)('the consent %s is told with its end', async (consent, sentence) => {
  const stored = { settings: 0, lines: 0, memories: 0, notes: 0 };
  const getStatus = async () => ({ consent, stored });
  const [reply] = await runPrivacy('status', adam, { getStatus });
  expect(formatText(reply.id, reply.with)).toBe(sentence);
  expect(reply.buttons?.slice(0, 2)).toEqual(consents);
});

test.each(['access.blocked', 'access.role'] as const)(
  'whom the server does not let use the bot (%s) is told no yes, and what is kept about them',
  async (id) => {
    const line = { id, with: { roles: 'Crew' } } as const;
    const denied = {
      findDenial: async () => line,
      allow: async () => ({ kind: 'denied', line }) as const,
    };
    const [status] = await runPrivacy('status', inLounge, denied);
    const [allowed] = await runPrivacy('allow', inLounge, denied);
    expect([status.id, status.lines?.map((line) => line.id)]).toEqual([
      id,
      ['privacy.status'],
    ]);
    expect([status.buttons, allowed]).toEqual([
      undefined,
      { ...line, lines: [{ id: 'consent.refused' }] },
    ]);
  },
);

test('a yes and /privacy status say what else keeps the bot from answering', async () => {
  const help = { talk: { isPaused: true } };
  for (const name of ['allow', 'status']) {
    const [reply] = await runPrivacy(name, inLounge, { help });
    expect([reply.id, reply.lines?.[0]?.id]).toEqual([
      'consent.always',
      'privacy.paused',
    ]);
    expect(reply.buttons).toEqual([...consents, 'pause:resume']);
  }
});

test('a person who is left out of captions is told nothing of being heard', () =>
  expect(formatText('captions.left_out')).not.toMatch(/I hear and answer you/));

test('a person who may not use the bot can pause hearing, but not resume it', async () => {
  const findDenial = async () => ({ id: 'access.blocked' }) as const;
  expect((await pressPrivacy('pause', inLounge, { findDenial }))[0].id).toBe(
    'privacy.paused',
  );
  expect((await pressPrivacy('pause:resume', inLounge, { findDenial }))[0].id).toBe(
    'access.blocked',
  );
});

test.each([
  ['no', 'consent.no'],
  ['always', 'consent.always'],
  ['policy', 'consent.policy'],
  ['unread', 'privacy.unread'],
] as const)(
  'while the stores cannot be read /privacy status tells the consent %s, and that it cannot count',
  async (consent, id) => {
    const getStatus = async () => ({ consent, stored: undefined });
    const [status] = await runPrivacy('status', adam, { getStatus });
    const lines = listLines(status);
    expect([lines[0], lines.at(-1)]).toEqual([
      formatText(id),
      formatText('privacy.uncounted'),
    ]);
    expect(status.buttons?.slice(0, 2)).toEqual(consents);
    const [asked] = await runPrivacy('forget', adam, { getStatus });
    expect(asked.lines).toEqual([{ id: 'privacy.uncounted' }]);
  },
);

test('a yes that a later no overtook is told as the no', async () => {
  const withdrawConsent = async () => ({ kind: 'withdrawn' }) as const;
  expect((await runPrivacy('allow', adam, { allow: withdrawConsent }))[0].id).toBe(
    'consent.no',
  );
});

test.each(['allow', 'deny'])(
  '/privacy %s that could not be kept says so',
  async (name) => {
    const [reply] = await runPrivacy(name, adam, {
      allow: allowUnsaved,
      deny: allowUnsaved,
    });
    expect(reply.lines?.at(-1)).toEqual({ id: 'privacy.unsaved' });
  },
);

test('/privacy pause and resume are for those in the channel', async () => {
  expect(await runPrivacy('pause', inLounge)).toEqual([
    { id: 'privacy.paused', buttons: ['pause:resume'] },
  ]);
  expect(await runPrivacy('resume', inLounge)).toEqual([{ id: 'panel.listening' }]);
  for (const name of ['pause', 'resume']) {
    expect((await runPrivacy(name))[0].id).toBe('perm.room');
    expect((await runPrivacy(name, inLounge, nowhere))[0].id).toBe('leave.nowhere');
  }
});

test('/privacy forget deletes nothing before its button is pressed', async () => {
  let forgotten = 0;
  const forgetPerson = async () => ({ kind: 'forgotten', total: ++forgotten }) as const;
  const [asked] = await runPrivacy('forget', adam, { forget: forgetPerson });
  expect([asked.id, asked.buttons, forgotten]).toEqual([
    'privacy.forget.ask',
    ['confirm:forget'],
    0,
  ]);
  expect(await pressPrivacy('confirm:forget', adam, { forget: forgetPerson })).toEqual([
    {
      id: 'privacy.forget.done',
      with: { total: 1 },
      lines: [{ id: 'privacy.forget.copies' }],
    },
  ]);
});

test('a forgetting that failed is admitted', async () => {
  const failToForget = async () => ({ kind: 'failed' }) as const;
  expect(await pressPrivacy('confirm:forget', adam, { forget: failToForget })).toEqual([
    { id: 'privacy.forget.failed' },
  ]);
});

test('the button Privacy shows the card, where one stands, and the buttons of consent', async () => {
  const [reply] = await pressPrivacy('privacy', adam, { help: { talk: undefined } });
  expect(listLines(reply)).toEqual([
    'I hear you until you say no. To stop me, press Not me.',
    'Stored about you: 0 caption lines, 0 memories, 0 notes, 3 other entries (your yes or no, your choices, reminders, costs, when I heard you: /privacy export shows each).',
    "Sound is never stored. Your questions may show for a minute to all who can open the voice channel's chat.",
  ]);
  expect([reply.to, reply.buttons]).toEqual([undefined, consents]);
});

test.each([
  ['consent.always', 'consent.always'],
  ['consent.never', 'consent.no'],
  ['stop', 'stop.ok'],
  ['pause', 'privacy.paused'],
  ['pause:resume', 'panel.listening'],
  ['more', 'consent.always'],
])('the button %s answers the one who pressed it with %s', async (name, id) => {
  const [reply] = await pressPrivacy(name, inLounge);
  expect([reply.id, reply.to]).toEqual([id, undefined]);
});

test.each(['stop', 'pause', 'pause:resume'])(
  'the button %s does nothing for those outside',
  async (name) =>
    expect((await pressPrivacy(name))[0]).toEqual({
      id: 'perm.room',
      with: expect.anything(),
    }),
);

test('every button that a reply names exists, once', async () => {
  const names = buttons.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  const lists = commands.map((command) =>
    'commands' in command ? command.commands : [command],
  );
  for (const command of lists.flat()) {
    for (const reply of await command.run(inLounge, makePorts())) {
      for (const button of reply.buttons ?? [])
        expect(names).toContain(button.split(':')[0]);
    }
  }
});

test('Discord takes every name and description there is', () => {
  for (const label of commands.flatMap((command) =>
    'label' in command ? [command.label] : [],
  )) {
    for (const locale of textLocales)
      expect(formatText(label, {}, locale)).toMatch(/^.{1,32}$/);
  }
  const lists = commands
    .filter((command) => 'name' in command)
    .map((item) => ('commands' in item ? [item, ...item.commands] : [item]));
  for (const item of lists.flat()) {
    const options = 'options' in item ? item.options : [];
    for (const { name, description } of [item, ...options]) {
      expect(name).toMatch(/^[a-z]{1,32}$/);
      for (const locale of textLocales)
        expect(formatText(description, {}, locale).length).toBeLessThan(101);
    }
    const required = options.map((option) => option.required === true);
    expect(required).toEqual(required.toSorted((a, b) => Number(b) - Number(a)));
  }
});

const tea: Memory = {
  guildId: toGuildId('g'),
  number: 3,
  text: 'I like tea.',
  byId: toPersonId('ana'),
  byName: 'Ana',
  atWallMs: Date.UTC(2026, 10, 20, 12),
};

const runMemories = (
  memories: Partial<MemoryCache>,
  inputs: CommandCall['inputs'] = {},
  call = adam,
) => runTyped('privacy memories', { ...call, inputs }, { memories });

const makeListing = (memories: readonly Memory[], isOn = true) => ({
  listMemories: async () => ({ memories, isOn }),
});
const unreadable: Partial<MemoryCache> = {
  listMemories: async () => undefined,
};
const listShown = (replies: ReadReplies) => replies.map(listLines);

test('/privacy memories lists what the server has remembered, to the caller alone', async () => {
  const about = {
    ...tea,
    number: 4,
    text: 'Is late.',
    aboutId: toPersonId('ben'),
    aboutName: 'Ben',
  };
  const replies = await runMemories(makeListing([tea, about]));
  expect(replies.map(({ to }) => to)).toEqual([undefined]);
  expect(listShown(replies)).toEqual([
    [
      'What I remember here',
      '3. I like tea. (Ana, 2026-11-20)',
      '4. Is late. (Ana → Ben, 2026-11-20)',
    ],
  ]);
});

test.each([
  [makeListing([]), 'memory.none'],
  [makeListing([], false), 'memory.off'],
  [unreadable, 'store.unread'],
])('/privacy memories says why it lists nothing', async (memories, id) =>
  expect(await runMemories(memories)).toEqual([{ id }]),
);

test('/privacy memories delete reports what came of it', async () => {
  const requests: unknown[] = [];
  const removeMemory = async (...args: unknown[]) => {
    requests.push(args);
    return { id: 'confirm.done' } as const;
  };
  expect(await runMemories({ removeMemory }, { delete: '3' }, manager)).toEqual([
    { id: 'confirm.done' },
  ]);
  expect(requests).toEqual([['g', 3, manager.caller]]);
});
