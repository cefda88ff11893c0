import { isDeepStrictEqual } from 'node:util';
import { buttons } from '#commands/buttons.ts';
import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { createConversationState } from '#src/conversation/machine/state.ts';
import { drawPanel } from '#src/discord/panel/panels.ts';
import { describeTrackPanel } from '#src/features/tracks/session-tracks.ts';
import type { ListedTrack } from '#src/features/tracks/track-request-outcomes.ts';
import { type Consent, isHeardConsent } from '#src/people/consent.ts';
import { type FeaturePanel, type PanelContent, toLeftPanel } from '#src/ports/panel.ts';
import {
  describeNextStep,
  describeTalk,
  type TalkState,
} from '#src/ports/talk-guide.ts';
import { createPanel, type PanelFacts } from '#src/sessions/panel-view.ts';
import {
  addressingModes,
  addressingRules,
  initialAddressing,
  isAnsweredForAnyWords,
} from '#src/turn/addressing/addressing.ts';
import { talkState } from '#test/fakes/talk-state.ts';

const start = createConversationState(
  {} as Parameters<typeof createConversationState>[0],
);

/** A bot that listens to Adam, and nobody else. */
const listening: TalkState = {
  ...talkState,
  people: [{ id: toPersonId('adam'), name: 'Adam', standing: 'brief' }],
};

function toContent(features: FeaturePanel, overrides: Partial<PanelFacts> = {}) {
  const gate = { getConsent: () => 'brief' as const, canWrite: () => true };
  return createPanel({
    talk: listening,
    state: start,
    guildId: toGuildId('g'),
    consent: gate,
    getName: (id) => id,
    features,
    ...overrides,
  });
}

function drawShown(...of: Parameters<typeof toContent>) {
  return drawPanel(undefined, toContent(...of), 'en', new Map()).content.split('\n');
}

const current = { title: 'rain', positionMs: 43_000, lengthMs: 125_000, loop: false };
const rain: ListedTrack = {
  name: 'bg',
  percent: 30,
  isPaused: false,
  isMuted: false,
  current,
  waiting: [],
};
const sea: ListedTrack = {
  ...rain,
  name: 'main',
  percent: 100,
  isPaused: true,
  current: { title: 'sea', positionMs: 0, loop: false },
};

const tracksLine = (tracks: readonly ListedTrack[]) =>
  drawShown(describeTrackPanel(tracks, 'en'))[3];

test('tracks read with volume and time under the people, three of them, and none at length', () => {
  expect(drawShown(describeTrackPanel([rain, sea], 'en')).slice(2)).toEqual([
    'Hearing: Adam',
    '♪ bg: rain, 0:40 / 2:05, 30 %; main: sea, Paused, 0:00, 100 %',
  ]);
  expect(tracksLine(Array(25).fill(rain))).toMatch(/; \+22$/);
  const long = { ...rain, current: { ...current, title: 'x'.repeat(100) } };
  expect(tracksLine([long])?.length).toBeLessThan(80);
});

test('what a track is called pings nobody, forges no line and is no markdown', () =>
  expect(tracksLine([{ ...rain, name: '<@1> @everyone **loud**' }])).toBe(
    '♪ \\<@1> @\u200beveryone \\*\\*loud\\*\\*: rain, 0:40 / 2:05, 30 %',
  ));

test('the status of the voice channel counts the people whom the bot hears, and says that captions are on', () => {
  const talk = {
    ...listening,
    people: makePeople('brief', 'unasked', 'no', 'policy', 'barred'),
  };
  const words = { bot: 'Nova', heard: 2, people: 5 };
  expect(toContent({}, { talk }).status).toEqual({ id: 'panel.status', with: words });
  const captions = { captionsChannelId: toChannelId('chat') };
  const captionedTalk = { ...talk, isCaptioned: true };
  const captioned = toContent(captions, { talk: captionedTalk });
  expect(captioned.status).toEqual({ id: 'panel.status.captions', with: words });
  const silences = [
    { isPaused: true },
    { isDeafened: true },
    { unpaidUntil: '00:00' },
    { mode: 'captions', isCaptioned: false },
    { addressing: 'off', isCaptioned: false },
  ] as const;
  for (const overrides of silences) {
    const { lines, status } = toContent(captions, {
      talk: { ...captionedTalk, ...overrides },
    });
    expect(status).toMatchObject({ id: 'panel.status', with: { heard: 0 } });
    expect(lines.map(({ id }) => id)).not.toContain('panel.captions');
  }
  expect(toContent({}, { talk: { ...talk, isLinked: false } }).status).toBeUndefined();
  expect(toLeftPanel().status).toBeUndefined();
});

test('the panel names who is not answered', () => {
  const dropped = [0, 1].map((n) => ({ by: toPersonId(`person ${n}`), untilMs: 1 }));
  const state = { ...start, notes: { ...start.notes, dropped } };
  expect(drawShown({}, { state })[2]).toContain('person 0, person 1');
});

const known = new Map(buttons.map((button) => [button.name, button]));
const consent = ['consent.always', 'consent.never'];
const consents = [
  'always',
  'brief',
  'policy',
  'untold',
  'unasked',
  'no',
] satisfies readonly Consent[];
const standings = [...consents, 'barred'] as const;
const truths = [true, false];
const makePeople = (...all: readonly (typeof standings)[number][]) =>
  all.map((standing, n) => ({ id: toPersonId(`${n}`), name: `P${n}`, standing }));

/** Every state of the small unions, with one person or two. */
const unions: readonly (readonly Partial<TalkState>[])[] = [
  (['talk', 'captions'] as const).map((mode) => ({ mode })),
  addressingModes.map((addressing) => ({ addressing })),
  truths.map((isLinked) => ({ isLinked })),
  truths.map((isDeafened) => ({ isDeafened })),
  truths.map((isPaused) => ({ isPaused })),
  [{}, { quietUntil: '00:00' }, { quietUntil: '00:00', unpaidUntil: '00:00' }],
  truths.map((isCaptioned) => ({ isCaptioned })),
  standings.flatMap((standing) => [
    { people: makePeople(standing) },
    ...standings.map((other) => ({ people: makePeople(standing, other) })),
  ]),
];
const states = unions.reduce<readonly TalkState[]>(
  (allTalkStates, union) =>
    allTalkStates.flatMap((state) =>
      union.map((overrides) => ({ ...state, ...overrides })),
    ),
  [listening],
);

/** What is told, and with which button, in the first row that fits; `heard`: of people who are heard. */
const rows: readonly (readonly [
  string,
  Partial<TalkState> & { heard?: boolean; alone?: boolean },
  string,
  string?,
])[] = [
  ['link away', { isLinked: false }, 'panel.reconnecting'],
  ['deafened', { isDeafened: true }, 'deafened.server'],
  ['paused', { isPaused: true }, 'privacy.paused', 'pause:resume'],
  ['captions off', { mode: 'captions', isCaptioned: false }, 'captions.only.off'],
  ['captions unpaid', { mode: 'captions', unpaidUntil: '00:00' }, 'captions.unpaid'],
  ['captions only', { mode: 'captions' }, 'captions.only'],
  ['no budget', { quietUntil: '00:00' }, 'panel.quiet'],
  ['not heard', { heard: false }, 'join.ok.ask', 'consent.always'],
  ['commands only', { addressing: 'off' }, 'settings.addressing.off'],
  ['after Ask only', { addressing: 'window' }, 'settings.addressing.window', 'ask'],
  ['by name', { addressing: 'name' }, 'join.ok.several', 'ask'],
  ['several people', { addressing: 'auto', alone: false }, 'join.ok.several', 'ask'],
  ['alone', { addressing: 'auto', alone: true }, 'join.ok', 'ask'],
  ['always', { addressing: 'always' }, 'join.ok', 'ask'],
];

test('in every state each person reads how to be answered, with its button', () => {
  expect(states).toHaveLength(2 * 5 * 2 * 2 * 2 * 3 * 2 * 7 * 8);
  const told = new Set<string>();
  // One `expect` for each of 161,280 pairs would take most of the time.
  const wrong: unknown[] = [];
  for (const state of states) {
    for (const own of consents) {
      const facts = {
        ...state,
        heard: isHeardConsent(own),
        alone: state.people.length === 1,
      };
      const fitsFacts = (row: (typeof rows)[number]) =>
        Object.entries(row[1]).every(
          ([key, value]) => facts[key as keyof typeof facts] === value,
        );
      const [name = '', , id, button] = rows.find(fitsFacts) ?? [];
      const { buttons: offered, line } = describeNextStep(state, own);
      if (line.id !== id || offered[0] !== button) wrong.push({ name, state, own });
      told.add(name);
    }
  }
  expect(wrong).toEqual([]);
  expect([...told].toSorted()).toEqual(rows.map(([name]) => name).toSorted());
  expect(describeNextStep(undefined, 'no')).toMatchObject({
    line: { id: 'leave.nowhere' },
    buttons: ['try.join'],
  });
});

test('nobody reads that they need only talk where the rules of addressing would not answer them', () => {
  const wrong: unknown[] = [];
  for (const state of states) {
    for (const own of consents) {
      const rules = { ...addressingRules, mode: state.addressing };
      const speaker = {
        speakerId: toPersonId('0'),
        fromMs: 0,
        humans: state.people.length,
      };
      const isOpen =
        state.isLinked &&
        !state.isDeafened &&
        !state.isPaused &&
        state.mode === 'talk' &&
        !state.quietUntil;
      const isAnswered =
        isOpen &&
        isHeardConsent(own) &&
        isAnsweredForAnyWords(initialAddressing, speaker, rules);
      const isTold = describeNextStep(state, own).line.id === 'join.ok';
      if (isTold !== isAnswered) wrong.push({ state, own });
    }
  }
  expect(wrong).toEqual([]);
});

const isThere = (
  { people: all }: TalkState,
  ...some: readonly (typeof standings)[number][]
) => all.some(({ standing }) => some.includes(standing));

/** What is recognised of people who are heard, as the sentences of the documents say. */
function findRecognised(state: TalkState) {
  const { addressing, isCaptioned, mode, unpaidUntil } = state;
  if (!state.isLinked || state.isDeafened || state.isPaused) return 'silence';
  const isTalking = mode === 'talk' && addressing !== 'off';
  if (unpaidUntil === undefined && (isCaptioned || isTalking)) return 'yes';
  return isCaptioned || isTalking || mode === 'captions' ? 'commands' : 'nobody';
}

function listHeardLines(state: TalkState) {
  const recognised = findRecognised(state);
  if (recognised === 'silence') return [];
  const isNamed = isThere(state, 'always', 'brief', 'policy');
  return recognised === 'nobody' || isNamed ? [`panel.people.${recognised}`] : [];
}

test('the panel begins with the step of whoever is heard, and has the buttons of consent while one is not or is heard unasked', () => {
  const wrong: unknown[] = [];
  const tracks = describeTrackPanel([rain, sea], 'en');
  for (const state of states) {
    const mayAgree = isThere(state, 'unasked', 'untold', 'no');
    const isAnyHeard = isThere(state, 'always', 'brief', 'policy') || !mayAgree;
    const guide = describeTalk(state);
    const content = toContent(tracks, { talk: state });
    const seen = [guide.first, guide.consent, guide.buttons.slice(-2)];
    const due = [
      describeNextStep(state, isAnyHeard ? 'always' : 'unasked').line,
      mayAgree || isThere(state, 'policy') ? consent : [],
      ['stop', 'more'],
    ];
    if (!isDeepStrictEqual(seen, due) || content.rows.flat().length > 7)
      wrong.push({ state, seen });
  }
  expect(wrong).toEqual([]);
});

test('the panel names who is heard while somebody can be, who has not answered, and nobody whom the server bars', () => {
  for (const state of states) {
    const { people: lines } = describeTalk(state);
    expect(lines.map(({ id }) => id)).toEqual([
      ...listHeardLines(state),
      ...(isThere(state, 'unasked', 'untold') ? ['panel.people.unasked'] : []),
      ...(isThere(state, 'no') ? ['panel.people.no'] : []),
    ]);
    const told = JSON.stringify(lines);
    const unnamed = state.people.filter(({ standing }) =>
      ['barred', 'no'].includes(standing),
    );
    for (const { name } of unnamed) expect(told).not.toContain(name);
  }
});

test('notes of the panel stand under its first sentence, which they never replace', () => {
  const listNotes = (overrides: Partial<TalkState>) =>
    describeTalk({ ...listening, ...overrides }).notes;
  expect(listNotes({})).toEqual([]);
  const all = { isAnew: true, isUncalled: true, isMuted: true, isReadByPrograms: true };
  expect(listNotes(all).map(({ id }) => id)).toEqual([
    'seat.returned.anew',
    'join.uncalled',
    'muted.server',
    'panel.programs',
  ]);
  expect(drawShown({}, { talk: { ...listening, ...all } }).slice(0, 2)).toEqual([
    "I can't speak here, so I answer in writing.",
    'In Lounge. Just talk to me.',
  ]);
});

test('without a recogniser of this machine the panel says that only the button counts, where no money hears people', () => {
  const unpaid = { unpaidUntil: '00:00', hasLocalRecogniser: false };
  const { heardCount, people: lines } = describeTalk({ ...listening, ...unpaid });
  expect(lines).toEqual([{ id: 'panel.people.nobody' }]);
  expect(heardCount).toBe(0);
});

test('the panel tells apart whose share of the money is used, unless captions write that person', () => {
  const [paid, unpaid] = makePeople('always', 'always');
  const talk = {
    ...listening,
    people: [paid, { ...unpaid, isShareUsed: true }] as TalkState['people'],
  };
  expect(describeTalk(talk).people).toEqual([
    { id: 'panel.people.yes', with: { names: 'P0' } },
    { id: 'panel.people.commands', with: { names: 'P1' } },
  ]);
  expect(describeTalk({ ...talk, isCaptioned: true }).people).toEqual([
    { id: 'panel.people.yes', with: { names: 'P0, P1' } },
  ]);
});

test('who is heard unasked reads where it says what is stored, and so does who has not decided', () => {
  const idsOf = (standing: (typeof standings)[number]) =>
    toContent({}, { talk: { ...listening, people: makePeople(standing) } }).lines.map(
      ({ id }) => id,
    );
  for (const standing of ['policy', 'unasked'] as const)
    expect(idsOf(standing)).toContain('panel.storage');
  expect(idsOf('always')).not.toContain('panel.storage');
});

test('the panel of a room in which somebody is undecided spends one short sentence on storage', () => {
  const lines = drawShown(
    {},
    { talk: { ...listening, people: makePeople('brief', 'unasked') } },
  );
  expect(lines.at(-1)).toBe(
    'I never store sound. Press More, then Privacy, to read what I do keep.',
  );
  expect(lines).toHaveLength(5);
  expect(lines.join(' ').split(' ').length).toBeLessThan(40);
});

test('the panel names the channel that a program reads, as the panel may stand elsewhere', () => {
  const talk = { ...listening, isReadByPrograms: true };
  expect(drawShown({}, { talk })).toContain(
    'A program of the operator may read what is said in Lounge, also captions from before it began.',
  );
});

test('while the bot speaks to nobody in particular, the panel says so and takes no channel for a person', () => {
  const current = { id: 1, phase: { kind: 'sounding' } } as unknown as NonNullable<
    typeof start.turnQueue.current
  >;
  const state = { ...start, turnQueue: { ...start.turnQueue, current } };
  expect(drawShown({}, { state })[1]).toBe('Speaking to everybody in Lounge');
});

test('the panel of a bot that left has the button that calls it', () =>
  expect(buttonsOf(toLeftPanel())).toEqual(['parley:try.join', 'parley:more']));

function buttonsOf(content: PanelContent) {
  const rowsShown = drawPanel(undefined, content, 'en', known).components ?? [];
  return rowsShown.flatMap(({ components }) =>
    components.map(({ custom_id }) => custom_id),
  );
}
