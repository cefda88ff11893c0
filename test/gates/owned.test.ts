import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import type { Quote } from '#src/conversation/mouth/pending-answer.ts';
import type { QueuedAnnouncement } from '#src/conversation/mouth/queued-speech.ts';
import type { ToolPorts } from '#src/conversation/tools/tool-entry.ts';
import type { VoiceStatuses } from '#src/discord/panel/voice-statuses.ts';
import type { OpenedReply, Reply } from '#src/features/command.ts';
import { openReply } from '#src/features/open-reply.ts';
import type {
  writeInChat,
  writeUnspeakableWords,
} from '#src/notices/channel-notices.ts';
import { mayBeHeard } from '#src/people/audience.ts';
import { ErasedWords, Owned } from '#src/people/owned.ts';
import { NamedTracks } from '#src/playback/tracks/named-tracks.ts';
import { type AdmittedContent, sealContent } from '#src/ports/authored-content.ts';
import type { AskOutcome } from '#src/ports/command-ports.ts';
import {
  findForReaders,
  openPanel,
  type PanelBoard,
  type PanelContent,
} from '#src/ports/panel.ts';
import type { TypedMessages } from '#src/ports/typed-messages.ts';
import type {
  PersonalLine,
  VoiceChannelChatPoster,
} from '#src/ports/voice-channel-chat-poster.ts';
import type { AdmittedFile } from '#src/sources/recordings.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { Band, makeSteady } from '#test/playback/tracks/band.ts';

const text = 'Bob owes me ten.';
const said = {
  id: 'find.line',
  with: { time: '20:00', name: 'Bob', text },
} as const;
const lounge = { guildId: toGuildId('1'), channelId: toChannelId('2'), name: 'Lounge' };
const ana = toPersonId('3');
const bob = toPersonId('4');

const plainFile = { name: 'a.txt', text };

/** Plain words at each door by which words leave. Compiled only. */
const plantedLeaks = {
  // @ts-expect-error: A sentence of the bot holds no words of people.
  sentence: said satisfies TextLine,
  // @ts-expect-error: Nobody asked whether the reader of the reply may know the words.
  reply: said satisfies Reply,
  // @ts-expect-error: A line below a reply is asked about, too.
  replyLines: { id: 'confirm.done', lines: [said] } satisfies Reply,
  // @ts-expect-error: A file of a reply is asked about, too.
  replyFile: { id: 'confirm.done', files: [plainFile] } satisfies Reply,
  // @ts-expect-error: A reply with words is opened by `openReply` alone.
  unopened: ((reply: Reply) => reply) satisfies (reply: Reply) => OpenedReply,
  // @ts-expect-error: A line with a mention has an owner.
  mention: { personId: ana, text } satisfies PersonalLine,
  doors(
    poster: VoiceChannelChatPoster,
    typed: TypedMessages,
    channel: ToolPorts['channel'],
    signal: AbortSignal,
  ) {
    const message = { ...lounge, messageId: '5' } as never;
    return [
      // @ts-expect-error: Words in a chat have an owner.
      poster.writeText(lounge, text, signal),
      // @ts-expect-error: Words in a direct message have an owner.
      poster.tellPerson(ana, text, signal),
      // @ts-expect-error: Words above a button have an owner.
      poster.offerButtons(lounge, said, [], signal),
      // @ts-expect-error: An answer to a typed message has an owner.
      typed.replyTo(message, text, signal),
      // @ts-expect-error: A text that a tool posts has an owner.
      channel.post(text, signal),
    ];
  },
};

test('plain words compile at no door', () =>
  expect(Object.keys(plantedLeaks)).toContain('doors'));

test('a reply is opened for its reader as it leaves, and not once its words were erased', async () => {
  const erasedWords = new ErasedWords();
  const readErased = (isInside: boolean) => {
    const sources = erasedWords.beginReading().toSources((id) => id === bob);
    const owned = new Owned(said, { channelId: lounge.channelId }, sources);
    const reader = { personId: ana, mayOpen: async () => isInside };
    return { open: () => openReply({ id: 'ask.unknown', words: [owned] }, reader) };
  };
  expect(await readErased(true).open()).toMatchObject(said);
  expect(await readErased(false).open()).toEqual({ id: 'ask.unknown' });
  const late = readErased(true);
  erasedWords.noteErasure(ana);
  expect(await late.open()).toMatchObject(said);
  erasedWords.noteErasure(bob);
  expect(await late.open()).toEqual({ id: 'words.erased' });
  expect(await readErased(true).open()).toMatchObject(said);
});

const guildId = toGuildId('1');
const [loungeId, generalId] = [toChannelId('2'), toChannelId('3')];
const content: PanelContent = {
  lines: [
    { id: 'panel.people.yes', with: { names: 'Ana' } },
    { id: 'panel.heard', with: { name: 'Ana', words: 'the party' } },
  ],
  rows: [['captions']],
};

const nobodyElse = { isNoWider: () => false };

/** Never called: the compiler reads these lines. */
function showPlainly(board: PanelBoard, statuses: VoiceStatuses, line: TextLine) {
  // @ts-expect-error: Nobody said to which voice channel these people belong.
  board.show(guildId, content);
  // @ts-expect-error: A reason may name the channel that was left.
  board.showLeft(guildId, line);
  // @ts-expect-error: A status counts the people of one channel.
  statuses.show(guildId, line);
  // @ts-expect-error: A plain text belongs to no channel, so nobody can be asked.
  findForReaders(line, { guildId, channelId: generalId }, nobodyElse);
}

test('a panel without its channel compiles at no door', () =>
  expect(showPlainly).toBeTypeOf('function'));

test('a panel shows people and questions to the readers of its channel, people to others who may open it, and nobody elsewhere', () => {
  const panel = new Owned(content, { channelId: loungeId });
  const openIn = (channelId: typeof loungeId | undefined, isNoWider: boolean) =>
    openPanel(panel, { guildId, channelId }, { isNoWider: () => isNoWider });
  expect(openIn(loungeId, false)).toBe(content);
  expect(openIn(generalId, true).lines).toEqual(content.lines.slice(0, 1));
  for (const channelId of [generalId, undefined]) {
    const shownContent = openIn(channelId, channelId === undefined);
    expect(shownContent.lines).toEqual([{ id: 'panel.elsewhere' }]);
    expect(JSON.stringify(shownContent)).not.toMatch(/Ana|party|captions/);
  }
});

const [loungeRoom, denRoom] = ['lounge', 'den'].map((id) => ({
  guildId: toGuildId('g'),
  channelId: toChannelId(id),
})) as [Place, Place];
type Place = Parameters<typeof mayBeHeard>[1];

/** Tracks in the Lounge, while the same people may open the Den or not. */
function openLounge() {
  const band = new Band();
  const facts = { isSame: true };
  const places = { hasSameReaders: () => facts.isSame };
  band.tracks.moveTo((owner) => mayBeHeard(owner, loungeRoom, { places }));
  return { band, facts };
}

test('a track takes only sound that has an owner', () => {
  const tracks = new NamedTracks(new VirtualClock());
  const source = makeSteady(1, 20);
  // @ts-expect-error: Nobody said whose words the sound holds.
  const enqueueUnowned = () => tracks.enqueue('main', source);
  // @ts-expect-error: Here neither.
  const enqueueNext = () => tracks.findTrack('main')?.enqueue(source, { isNext: true });
  // @ts-expect-error: An owner is a channel, a person or `given`.
  const ownByName = () => new Owned(source, 'lounge');
  expect([enqueueUnowned, enqueueNext, ownByName]).toHaveLength(3);
});

test('before its place is known, and in another place, a track takes no words of a channel', () => {
  const sound = new Owned(makeSteady(1, 20), denRoom);
  const band = new Band();
  expect(band.tracks.enqueue('main', sound)).toEqual({ kind: 'nowhere' });
  const { band: loungeBand, facts } = openLounge();
  facts.isSame = false;
  expect(loungeBand.tracks.enqueue('main', sound)).toEqual({ kind: 'nowhere' });
});

test('the owner of a sound is asked again at each frame, and of the next one as it fades in', async () => {
  const { band, facts } = openLounge();
  const song = new Owned(makeSteady(1000, 1_000), loungeRoom);
  const ownSteady = () => new Owned(makeSteady(500, 5_000), denRoom);
  band.tracks.enqueue('main', song);
  band.tracks.findTrack('main')?.perform({ kind: 'crossfade', ms: 600 });
  band.tracks.enqueue('main', ownSteady());
  const { ended } = expectPlaying(band.tracks.enqueue('bg', ownSteady()));
  await band.run(700);
  expect(band.level).toBeGreaterThan(1_000);
  facts.isSame = false;
  await band.run(200);
  expect(band.level).toBe(1_000);
  expect(await ended).toBe('left');
  await band.run(300);
  expect(band.level).toBe(0);
  expect(band.tracks.listTracks().flatMap(({ items }) => items)).toEqual([]);
});

function expectPlaying(outcome: ReturnType<NamedTracks['enqueue']>) {
  if (!('ended' in outcome)) throw new Error(`It does not play: ${outcome.kind}.`);
  return outcome;
}

declare const readAloud: (content: AdmittedContent) => void;
declare const fetchFile: (file: AdmittedFile) => void;

test('content and files of a message do not compile before their author was asked', () => {
  const file = { url: 'https://cdn.example.test/a.ogg', name: 'a.ogg' };
  const content = sealContent({ text: 'Dinner at eight?', recording: file });
  const leaks = [
    // @ts-expect-error: The author was not asked.
    () => readAloud(content),
    // @ts-expect-error: Nobody asked the sender of the file.
    () => fetchFile(file),
  ];
  expect(leaks).toHaveLength(2);
});

/** Words that a door takes or hands on. Checked by the compiler: where one becomes a string, `npm run types` fails here. */
type DoorWords = {
  readonly 'the chat of a channel': Parameters<VoiceChannelChatPoster['writeText']>[1];
  readonly 'a reply to a typed line': Parameters<TypedMessages['replyTo']>[1];
  readonly 'what has no voice': Parameters<typeof writeUnspeakableWords>[0];
  readonly 'what is written instead': Parameters<typeof writeInChat>[0];
  readonly 'an answer for a command or program': Extract<
    AskOutcome,
    { kind: 'answered' }
  >['text'];
  readonly 'a quote': Quote['text'];
  readonly 'a text to be read out': QueuedAnnouncement['clauses'][number];
};

test('a bare string passes no door', () => {
  expectTypeOf<DoorWords[keyof DoorWords]>().toEqualTypeOf<Owned<string>>();
  expectTypeOf<string>().not.toExtend<Owned<string>>();
  expectTypeOf<Owned<string>>().not.toExtend<string>();
  expectTypeOf<{ readonly owner: 'given' }>().not.toExtend<Owned<string>>();
  expect(Object.keys(new Owned('secret', 'given'))).toEqual(['owner']);
});
