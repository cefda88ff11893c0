import { ask } from '#commands/ask.ts';
import { captions } from '#commands/captions/captions-command.ts';
import { type GuildId, toChannelId, toGuildId } from '#src/base/ids.ts';
import type { Public } from '#src/base/public.ts';
import type { QuotedPoint } from '#src/features/captions/answers/recap.ts';
import type { TurnOnOutcome } from '#src/features/captions/caption-requests.ts';
import type {
  RecapRequest,
  TranscriptRequests,
} from '#src/features/captions/transcripts/transcript-requests.ts';
import type { CommandCall } from '#src/features/command.ts';
import { Owned } from '#src/people/owned.ts';
import type { Note } from '#src/stores/transcripts/note-store.ts';
import type {
  ListedSession,
  QuotedLine,
} from '#src/stores/transcripts/transcript-line.ts';
import { openOwned, openReplies } from '#test/fakes/opened-replies.ts';
import { adam, inLounge, makePorts, type PortOverrides } from './command-ports.ts';
import { listLines, type ReadReplies, runPressed, runTyped } from './run-typed.ts';

const session: ListedSession = {
  id: 's1',
  guildId: toGuildId('g'),
  channelId: toChannelId('lounge'),
  channelName: 'Lounge',
  placeId: toChannelId('lounge'),
  startedAtWallMs: Date.UTC(2026, 10, 20, 12),
  lineCount: 3,
};
const quote: QuotedLine = {
  name: 'Ben',
  atWallMs: session.startedAtWallMs,
  text: 'Friday at eight, my place.',
  link: 'https://discord.com/channels/g/lounge/m',
};

const runCaptions = (
  name: string,
  call: CommandCall = inLounge,
  overrides?: PortOverrides,
) => runTyped(`captions ${name}`, call, overrides);

function makeCall(inputs: CommandCall['inputs']): CommandCall {
  return { ...inLounge, inputs };
}

const readReplies = (replies: ReadReplies): readonly string[] =>
  replies.flatMap(listLines);
const owner = { channelId: session.channelId };
const match = {
  kind: 'found',
  authorIds: [],
  lines: [new Owned(quote, owner)],
} as const;

async function suggestSessions(overrides: PortOverrides) {
  const [, option] =
    captions.commands.find(({ name }) => name === 'transcript')?.options ?? [];
  if (option?.kind !== 'text') throw new Error('no option');
  const suggested = (await option.suggest?.('', inLounge, makePorts(overrides))) ?? [];
  return await Promise.all(
    suggested.map((each) => (typeof each === 'string' ? each : openOwned(each))),
  );
}

test('the language of translations is taken by name or tag, and nothing else is', async () => {
  const requests: unknown[] = [];
  const turnOn = async (_guildId: string, options: unknown): Promise<TurnOnOutcome> => {
    requests.push(options);
    return { kind: 'failed', line: { id: 'captions.no_place' } };
  };
  const turnOnIn = (translate: string) =>
    runCaptions('on', makeCall({ translate }), { captions: { turnOn } });
  await turnOnIn('German (de)');
  expect(requests).toEqual([{ translateTo: 'de' }]);
  const [unknown] = await turnOnIn('Klingon?');
  expect(unknown).toMatchObject({ id: 'unknown', with: { x: 'Klingon?' } });
  expect(requests).toHaveLength(1);
});

test('/captions on says until when nothing is written, in place of "Captions on"', async () => {
  const unpaid = { id: 'captions.unpaid', with: { time: '00:00 UTC' } } as const;
  const turnOn = async (): Promise<TurnOnOutcome> => {
    return { kind: 'waiting', line: unpaid, saved: true };
  };
  const replies = await runCaptions('on', inLounge, { captions: { turnOn } });
  expect(readReplies(replies)).toEqual([
    "Today's budget is used, so I write no captions until 00:00 UTC.",
  ]);
});

test.each(['on', 'off'])('/captions %s is for those in the channel', async (name) => {
  expect((await runCaptions(name, adam))[0].id).toBe('perm.room');
  const nowhere = { at: () => undefined };
  expect((await runCaptions(name, inLounge, nowhere))[0].id).toBe('leave.nowhere');
});

test('a session is picked by the label that was offered, and another one is told to be unknown', async () => {
  const requests: unknown[] = [];
  const transcripts: Partial<Public<TranscriptRequests>> = {
    listSessions: async () => [new Owned(session, owner)],
    async createFile(_guildId, _personId, request) {
      requests.push(request);
      return { kind: 'none' };
    },
  };
  const [label = ''] = await suggestSessions({ transcripts });
  expect(label).toMatch(/^2026-11-20 \d\d:\d\d Lounge \(3\)$/);
  await runCaptions('transcript', makeCall({ session: label }), { transcripts });
  expect(requests).toEqual([{ format: 'txt', sessionId: 's1' }]);
  expect(
    await runCaptions('transcript', makeCall({ session: 'yesterday' }), {
      transcripts,
    }),
  ).toMatchObject([{ id: 'unknown', with: { x: 'yesterday' } }]);
});

test('/captions find quotes what it found, with speaker, time and link', async () => {
  const findLines = async () => match;
  const replies = await runCaptions('find', makeCall({ words: 'friday' }), {
    transcripts: { findLines },
  });
  const [line] = readReplies(replies);
  expect(line).toMatch(/^\d\d:\d\d Ben: "Friday at eight, my place." https:/);
  expect(readReplies(await runCaptions('find', makeCall({ words: 'monday' })))).toEqual(
    ['I found nothing about that in what you may read.'],
  );
});

test('/captions notes shows the notes, and with file:true a file of all of them', async () => {
  const note: Note = {
    ...{ guildId: session.guildId, channelId: session.channelId, number: 1 },
    ...{ kind: 'decision', text: 'Friday at eight.', name: 'Ben', personIds: [] },
    atWallMs: session.startedAtWallMs,
  };
  const notes = { listNotes: async () => new Owned([note], owner) };
  const [reply] = await runCaptions('notes', makeCall({ file: 'true' }), {
    more: { notes },
  });
  expect(reply && listLines(reply).join(' ')).toContain('Friday at eight.');
  expect(reply?.files).toMatchObject([
    { name: 'notes.md', text: expect.stringContaining('Friday at eight.') },
  ]);
});

const makePoint = (
  kind: QuotedPoint['kind'],
  overrides: Partial<QuotedPoint> = {},
): QuotedPoint => {
  return { ...quote, kind, personIds: [], isBrief: false, ...overrides };
};

test('/captions recap groups points, and ends each point with its line', async () => {
  const { link: _, ...unposted } = makePoint('question', { text: 'Who drives?' });
  const points = [
    unposted,
    makePoint('decision'),
    makePoint('task', { text: 'Ben books.' }),
  ];
  const recap = new Owned({ session, points }, owner);
  const createRecap = async () => ({ kind: 'recap', recap }) as const;
  expect(
    readReplies(await runCaptions('recap', inLounge, { transcripts: { createRecap } })),
  ).toEqual([
    'Recap of Lounge, 2026-11-20:',
    '**Decisions**',
    expect.stringMatching(/^\d\d:\d\d Ben: Friday at eight, my place. https:\S+\/m$/),
    '**Tasks**',
    expect.stringMatching(/^\d\d:\d\d Ben: Ben books. https:\S+\/m$/),
    '**Open questions**',
    expect.stringMatching(/^\d\d:\d\d Ben: Who drives\?$/),
  ]);
});

test('/ask about answers from what was said, to the asker alone', async () => {
  const requests: unknown[] = [];
  const find: Partial<Public<TranscriptRequests>> = {
    async askModel(_guildId, personId, request) {
      requests.push([personId, request]);
      return match;
    },
  };
  const words = { question: 'What did we decide about Friday?', about: 'this' };
  const replies = await openReplies(
    await ask.run(makeCall(words), makePorts({ transcripts: find })),
  );
  expect(replies).toMatchObject([{ id: 'find.line' }]);
  expect(replies[0].to).not.toBe('room');
  expect(requests).toEqual([['adam', words]]);
  const nothing = await ask.run(makeCall(words), makePorts());
  expect(readReplies(await openReplies(nothing))).toEqual([
    'I found nothing about that in what you may read.',
  ]);
  const unknown = await ask.run(makeCall({ ...words, about: 'tomorrow' }), makePorts());
  expect(unknown).toEqual([{ id: 'unknown', with: expect.anything() }]);
});

test.each([
  ['captions.begun', 'on', true, true],
  ['captions.none', 'on, in a channel that the person may not open', true, false],
  ['captions.none', 'off', false, true],
])(
  'without a stored line the reply is %s where captions are %s',
  async (id, _, isOn, mayOpen) => {
    const overrides = {
      captions: { isOn: () => isOn },
      canOpen: async () => mayOpen,
      transcripts: {
        createFile: async () => ({ kind: 'none' }) as const,
        createRecap: async () => ({ kind: 'none' }) as const,
      },
    };
    const replies = [
      await runCaptions('transcript', adam, overrides),
      await runCaptions('recap', adam, overrides),
    ];
    expect(replies).toMatchObject([[{ id }], [{ id }]]);
  },
);

test('the button of the panel turns captions on, and off where they are on', async () => {
  const isOn = () => true;
  const [on] = await runPressed('captions', inLounge);
  const [off] = await runPressed('captions', inLounge, { captions: { isOn } });
  expect([on.id, off.id]).toEqual(['captions.on', 'captions.off']);
});

test('a person who is left out of captions can undo that with the button under the answer', async () => {
  const replies: unknown[] = [];
  const setLeftOut = async (_guildId: string, personId: string, isOut: boolean) => {
    replies.push([personId, isOut]);
    return { isSaved: true };
  };
  const overrides = { captions: { setLeftOut } };
  expect(await runPressed('captions.leave_out', adam, overrides)).toMatchObject([
    { id: 'captions.left_out', buttons: ['captions.write_me'] },
  ]);
  await runPressed('captions.write_me', adam, overrides);
  expect(replies).toEqual([
    ['adam', true],
    ['adam', false],
  ]);
});

test('"What did I miss" gives what was said before somebody came, to them alone', async () => {
  const requests: RecapRequest[] = [];
  const createRecap = async (
    _guildId: string,
    _personId: string,
    request: RecapRequest,
  ) => {
    requests.push(request);
    const recap = new Owned({ session, points: [makePoint('point')] }, owner);
    return { kind: 'recap', recap } as const;
  };
  const overrides = { transcripts: { createRecap } };
  const replies = await runPressed('captions.missed', inLounge, overrides);
  expect(replies).toMatchObject([{ id: 'recap.title' }]);
  expect(replies[0].to).not.toBe('room');
  expect(requests).toEqual([{ until: 'i came' }]);
});

const callWith = (inputs: CommandCall['inputs']) => ({ ...inLounge, inputs });
const turnOn = async (_guildId: GuildId, languages: readonly string[]) => {
  asked.push(languages);
  return { kind: 'set', isSaved: true } as const;
};
const asked: (readonly string[])[] = [];

test('/interpret on takes names and tags of languages, and the room reads it with a button to be left out', async () => {
  const [reply] = await runTyped(
    'interpret on',
    callWith({ first: 'German', second: 'pt-BR' }),
    { more: { interpreting: { turnOn } } },
  );
  expect(asked.at(-1)).toEqual(['de', 'pt-BR']);
  expect(reply).toMatchObject({
    id: 'interpret.on',
    with: { languages: 'German and Brazilian Portuguese' },
    to: 'room',
    buttons: ['captions.leave_out'],
  });
});

test('a language that nobody knows is refused', async () => {
  const [reply] = await runTyped(
    'interpret on',
    callWith({ first: 'German', second: 'Klingonese' }),
    { more: { interpreting: { turnOn } } },
  );
  expect(reply).toMatchObject({ id: 'unknown', with: { x: 'Klingonese' } });
});

test('/interpret off is told to the room, also where it could not be saved', async () => {
  const turnOff = async () => ({ kind: 'set', isSaved: false }) as const;
  const [reply] = await runTyped('interpret off', inLounge, {
    more: { interpreting: { turnOff } },
  });
  expect(reply).toMatchObject({
    id: 'interpret.off',
    to: 'room',
    lines: [{ id: 'voice.unsaved' }],
  });
});
