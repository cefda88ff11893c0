import { expect, test } from 'vitest';
import { ask } from '#commands/ask.ts';
import { buttons } from '#commands/buttons.ts';
import { captions } from '#commands/captions/captions.ts';
import { leave } from '#commands/leave.ts';
import type { Public } from '#src/base/public.ts';
import type { CommandCall, Replies } from '#src/conversation/command.ts';
import type { Asker } from '#src/conversation/ports/command-ports.ts';
import { messageWith } from '#src/discord/interactions/rendering.ts';
import type {
  CaptionsOn,
  QuotedLine,
  QuotedPoint,
  RecapRequest,
} from '#src/features/captions/caption-outcomes.ts';
import type { ListedSession } from '#src/features/captions/transcript-store-types.ts';
import type { TranscriptRequests } from '#src/features/captions/transcripts/transcript-requests.ts';
import { text } from '#src/texts/texts.ts';
import { adam, inLounge, type PortOverrides, ports } from './ports.ts';

const session: ListedSession = {
  id: 's1',
  guildId: 'g',
  channelId: 'lounge',
  channelName: 'Lounge',
  placeId: 'lounge',
  startedAtWallMs: Date.UTC(2026, 10, 20, 12),
  lineCount: 3,
};
const quote: QuotedLine = {
  name: 'Ben',
  atWallMs: session.startedAtWallMs,
  text: 'Friday at eight, my place.',
  link: 'https://discord.com/channels/g/lounge/m',
};

function run(
  name: string,
  call: CommandCall = inLounge,
  over: PortOverrides = {},
): Promise<Replies> {
  const command = captions.commands.find((one) => one.name === name);
  if (!command) throw new Error(`no /captions ${name}`);
  return command.run(call, ports(over));
}

function saying(words: CommandCall['words']): CommandCall {
  return { ...inLounge, words };
}

function read([first, ...others]: Replies): readonly string[] {
  const lines = [first, ...(first.lines ?? []), ...others];
  return lines.map(({ id, with: words }) => text(id, words));
}

async function suggestions(command: 'transcript', typed: string, over: PortOverrides) {
  const [, option] = captions.commands.find(({ name }) => name === command)?.options ?? [];
  if (option?.kind !== 'text') throw new Error('no option');
  return await option.suggest?.(typed, inLounge, ports(over));
}

test('/captions on tells its caller alone what an hour of talk costs, where everybody reads the notice', async () => {
  const on: CaptionsOn = {
    kind: 'on',
    placeId: 'lounge',
    isHere: true,
    hourUsd: 0.27,
    saved: true,
  };
  const replies = await run('on', inLounge, { captions: { turnOn: async () => on } });
  expect(replies.map(({ to, buttons }) => [to, buttons])).toEqual([['caller', undefined]]);
  expect(read(replies)).toEqual([
    'Captions on, here. Shown only for people I may hear.',
    'Recognising an hour of talk costs about $0.27.',
  ]);
});

test('captions in a thread are linked to', async () => {
  const on: CaptionsOn = { kind: 'on', placeId: 'thread', isHere: false, hourUsd: 0, saved: false };
  expect(read(await run('on', inLounge, { captions: { turnOn: async () => on } }))).toEqual([
    'Captions on, in https://discord.com/channels/g/thread. Shown only for people I may hear.',
    'Recognising speech costs nothing here.',
    "I can't save that now: it holds until I restart.",
  ]);
});

test('languages of captions are taken by name or tag, and nothing else is', async () => {
  const asked: unknown[] = [];
  const turnOn = async (_guildId: string, options: unknown): Promise<CaptionsOn> => {
    asked.push(options);
    return { kind: 'nowhere' };
  };
  await run('on', saying({ language: 'German (de)', translate: 'en' }), { captions: { turnOn } });
  expect(asked).toEqual([{ language: 'de', translateTo: 'en' }]);
  const [unknown] = await run('on', saying({ language: 'Klingon?' }), { captions: { turnOn } });
  expect(unknown).toMatchObject({ id: 'captions.language.unknown', with: { x: 'Klingon?' } });
  expect(asked).toHaveLength(1);
});

test.each(['on', 'off'])('/captions %s is for those in the channel', async (name) => {
  expect((await run(name, adam))[0].id).toBe('perm.room');
  const nowhere = { at: () => undefined };
  expect((await run(name, inLounge, nowhere))[0].id).toBe('leave.nowhere');
});

test('/captions transcript sends the last session as a file, to the caller alone', async () => {
  const asked: unknown[] = [];
  const files = [{ name: 'transcript.srt', text: '1' }];
  const file = async (...args: unknown[]) => {
    asked.push(args);
    return { kind: 'files', session, files } as const;
  };
  const replies = await run('transcript', saying({ format: 'srt' }), { transcripts: { file } });
  expect(replies).toMatchObject([{ id: 'transcript.file', to: 'caller', files }]);
  expect(asked).toEqual([['g', 'adam', { format: 'srt' }]]);
});

test('a session is picked by the label that was offered, and another one is told to be unknown', async () => {
  const asked: unknown[] = [];
  const transcripts: Partial<Public<TranscriptRequests>> = {
    sessions: async () => [session],
    async file(_guildId, _personId, request) {
      asked.push(request);
      return { kind: 'none' };
    },
  };
  const [label = ''] = (await suggestions('transcript', '', { transcripts })) ?? [];
  expect(label).toMatch(/^2026-11-20 \d\d:\d\d Lounge \(3\)$/);
  await run('transcript', saying({ session: label }), { transcripts });
  expect(asked).toEqual([{ format: 'txt', sessionId: 's1' }]);
  expect(await run('transcript', saying({ session: 'yesterday' }), { transcripts })).toMatchObject([
    { id: 'transcript.unknown', with: { x: 'yesterday' }, to: 'caller' },
  ]);
});

test.each([
  ['none', 'transcript.none'],
  ['unread', 'transcript.unread'],
] as const)('a transcript that is %s is told to be so', async (kind, id) => {
  const file = async () => ({ kind }) as const;
  expect(await run('transcript', inLounge, { transcripts: { file } })).toMatchObject([
    { id, to: 'caller' },
  ]);
});

test('/captions find quotes what it found, with speaker, time and link', async () => {
  const find = async () => ({ kind: 'found', lines: [quote] }) as const;
  const replies = await run('find', saying({ words: 'friday' }), { transcripts: { find } });
  const [title, line] = read(replies);
  expect(title).toBe('Found for "friday":');
  expect(line).toMatch(/^Ben at \d\d:\d\d: "Friday at eight, my place." https:/);
  expect(read(await run('find', saying({ words: 'monday' })))).toEqual([
    'Nothing found for "monday" in what you may read.',
  ]);
});

const point = (kind: QuotedPoint['kind'], over: Partial<QuotedPoint> = {}): QuotedPoint => {
  return { ...quote, kind, ...over };
};

test('/captions recap groups points, names owners, and ends each point with its line', async () => {
  const { link: _, ...unposted } = point('question', { text: 'Who drives?' });
  const points = [unposted, point('decision'), point('task', { owner: 'Ben', text: 'Book.' })];
  const recap = async () => ({ kind: 'recap', session, lineCount: 9, points }) as const;
  expect(read(await run('recap', inLounge, { transcripts: { recap } }))).toEqual([
    'Recap of Lounge, 2026-11-20:',
    '**Decisions**',
    expect.stringMatching(/^- Friday at eight, my place. \(Ben, \d\d:\d\d\) https:\S+\/m$/),
    '**Tasks**',
    expect.stringMatching(/^- Ben: Book. \(Ben, \d\d:\d\d\) https:\S+\/m$/),
    '**Open questions**',
    expect.stringMatching(/^- Who drives\? \(Ben, \d\d:\d\d\)$/),
  ]);
});

test('a long recap takes several messages, none too long for Discord, and says what it lacks', async () => {
  const points = Array.from({ length: 20 }, (_, n) =>
    point('point', { text: `${n} ${'_'.repeat(190)}` }),
  );
  const recap = async () => {
    return { kind: 'recap', session, lineCount: 9, points, isPartial: true } as const;
  };
  const replies = await run('recap', inLounge, { transcripts: { recap } });
  const messages = replies.map((reply) => read([reply]));
  expect(messages.flat()).toHaveLength(23);
  expect(messages.flat().at(-1)).toBe(text('recap.partial'));
  expect(replies.every(({ to }) => to === 'caller')).toBe(true);
  const shown = replies.map((reply) => messageWith([reply, ...(reply.lines ?? [])], 'ja').content);
  expect(shown.length).toBeGreaterThan(3);
  for (const one of shown) expect(one).not.toMatch(/\u2026$/);
});

test('/ask about answers from what was said, to the asker alone', async () => {
  const asked: unknown[] = [];
  const find: Partial<Public<TranscriptRequests>> = {
    async ask(_guildId, asker, request) {
      asked.push([asker, request]);
      return { kind: 'found', lines: [quote] };
    },
  };
  const words = { question: 'What did we decide about Friday?', about: 'This' };
  const replies = await ask.run(saying(words), ports({ transcripts: find }));
  expect(replies).toMatchObject([{ id: 'find.line.link', to: 'caller' }]);
  expect(asked).toEqual([
    [
      { id: 'adam', name: 'Adam' },
      { question: words.question, about: 'this', isAloud: true },
    ],
  ]);
  const nothing = await ask.run(saying({ ...words, about: '2026-11-20' }), ports());
  expect(read(nothing)).toEqual(["The transcript doesn't say."]);
  const unknown = await ask.run(saying({ ...words, about: 'tomorrow' }), ports());
  expect(unknown).toMatchObject([{ id: 'transcript.unknown', to: 'caller' }]);
});

test('the button of the panel turns captions on, and off where they are on', async () => {
  const press = buttons.find(({ name }) => name === 'captions');
  const isOn = () => true;
  expect((await press?.run(inLounge, ports()))?.[0].id).toBe('captions.on');
  expect((await press?.run(inLounge, ports({ captions: { isOn } })))?.[0].id).toBe('captions.off');
});

test('who is left out can undo it with the button under the answer', async () => {
  const said: unknown[] = [];
  const leaveOut = async (_guildId: string, personId: string, isOut: boolean) => {
    said.push([personId, isOut]);
    return { saved: true };
  };
  const over = ports({ captions: { leaveOut } });
  const out = buttons.find(({ name }) => name === 'captions.leave_out');
  const replies = await out?.run(adam, over);
  expect(replies).toMatchObject([{ id: 'captions.left_out', buttons: ['captions.write_me'] }]);
  await buttons.find(({ name }) => name === 'captions.write_me')?.run(adam, over);
  expect(said).toEqual([
    ['adam', true],
    ['adam', false],
  ]);
});

test('/leave tells of the transcript where there is one', async () => {
  const left = { kind: 'left', channel: 'Lounge', stayedMs: 44_000, hasTranscript: true } as const;
  const replies = await leave.run(inLounge, ports({ leave: async () => left }));
  expect(replies).toMatchObject([{ buttons: ['captions.transcript'] }]);
  expect(read(replies)).toEqual(['Left Lounge after 44 s. Transcript: /captions transcript.']);
});

test('"What did I miss" gives what was said before somebody came, to them alone', async () => {
  const asked: RecapRequest[] = [];
  const recap = async (_guildId: string, _asker: Asker, request: RecapRequest) => {
    asked.push(request);
    return { kind: 'recap', session, lineCount: 9, points: [point('point')] } as const;
  };
  const missed = buttons.find(({ name }) => name === 'captions.missed');
  const replies = await missed?.run(inLounge, ports({ transcripts: { recap } }));
  expect(replies).toMatchObject([{ id: 'recap.title', to: 'caller' }]);
  expect(asked).toEqual([{ since: 'start', until: 'i came' }]);
});
