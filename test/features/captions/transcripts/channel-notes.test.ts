import { toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { sayAll, turnCaptionsOn } from '#test/conversation/setup/captioned-session.ts';
import {
  adam,
  eva,
  lounge,
  makePerson,
  openSessionFixture,
  passTime,
  places,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeRecapReply } from '#test/features/captions/answers/recap-reply.ts';

const guildId = toGuildId('g');
const place = { guildId, channelId: lounge.channelId };
const ben = makePerson('Ben');
const reply = makeRecapReply(
  { kind: 'decision', text: 'They take five.', line: 2, words: 'five five' },
  { kind: 'task', text: 'Ben pays.', line: 3, words: 'five five' },
);

type Evening = { readonly agreed?: boolean; readonly leavesOutBen?: boolean };

/** Adam has talked for an evening in a channel with notes, and the bot has left. */
async function spendEvening({ agreed = true, leavesOutBen = false }: Evening = {}) {
  const clock = new VirtualClock();
  const chat = new FakeChat([[reply]], clock);
  const people = [adam, eva, ben];
  const listMembers = async (_guildId: unknown, ids: readonly string[]) =>
    people.filter(({ id }) => ids.includes(id));
  const fixture = openSessionFixture(
    { addressing: 'off', chat, places: { ...places, listMembers } },
    people,
    clock,
  );
  await fixture.settings.setSetting(guildId, 'notes', 'on');
  await fixture.sessions.join(lounge, adam.id);
  if (agreed) await fixture.privacy.allow(guildId, adam.id);
  if (leavesOutBen) await fixture.captions.setLeftOut(guildId, ben.id, true);
  await passTime(fixture, 100);
  await turnCaptionsOn(fixture);
  for (let n = 0; n < 5; n++) await sayAll(fixture);
  await fixture.sessions.leave(guildId);
  await passTime(fixture, 3_000);
  return fixture;
}

async function listTexts({ notes }: SessionFixture, personId = adam.id) {
  const listed = await notes.listNotes(place, personId);
  const known = listed?.findForPlace(lounge.channelId) ?? [];
  return known.map(({ name, number, text }) => `${number} ${name}: ${text}`);
}

test('with notes on, the points of an evening are kept for people who may open the channel, and nothing is posted', async () => {
  const fixture = await spendEvening();
  expect(fixture.captionChats.chat.texts.join()).toMatch(/\/captions notes/);
  expect(fixture.captionChats.chat.texts.join()).not.toMatch(/They take five/);
  expect(await listTexts(fixture)).toEqual([
    '1 Adam: They take five.',
    '2 Adam: Ben pays.',
  ]);
  const { captionChats } = fixture;
  captionChats.mayOpen = async () => 'no';
  expect(await listTexts(fixture, toPersonId('cleo'))).toEqual([]);
});

test('who may open the channel corrects and deletes a note, nobody else, and the correction bears a name', async () => {
  const fixture = await spendEvening();
  const { captionChats, notes } = fixture;
  expect(await notes.correctNote(place, 2, 'Eva pays.', eva)).toEqual({
    id: 'confirm.done',
  });
  expect(await notes.removeNote(place, 1, eva.id)).toEqual({ id: 'confirm.done' });
  expect(await listTexts(fixture)).toEqual(['2 Adam \u270e Eva: Eva pays.']);
  captionChats.mayOpen = async () => 'no';
  const cleo = { id: toPersonId('cleo'), name: 'Cleo' };
  expect(await notes.correctNote(place, 2, 'No.', cleo)).toEqual({ id: 'notes.none' });
  expect(await notes.removeNote(place, 2, cleo.id)).toEqual({ id: 'notes.none' });
  const elsewhere = { guildId, channelId: toChannelId('tower') };
  expect(await notes.removeNote(elsewhere, 2, cleo.id)).toEqual({ id: 'notes.none' });
  captionChats.mayOpen = async () => 'yes';
  expect(await listTexts(fixture)).toHaveLength(1);
});

test('/privacy forget takes a person out of the notes, also out of those that they corrected', async () => {
  const fixture = await spendEvening();
  await fixture.notes.correctNote(place, 2, 'Eva pays.', eva);
  await fixture.privacy.forget(guildId, eva.id);
  expect(await listTexts(fixture)).toEqual(['1 Adam: They take five.']);
  await fixture.privacy.forget(guildId, adam.id);
  expect(await listTexts(fixture, eva.id)).toEqual([]);
  // What is hidden is also gone.
  expect(await fixture.transcripts.onDisk.notes.list(place)).toEqual([]);
});

test('words of people who agreed for the session alone are in no note', async () => {
  expect(await listTexts(await spendEvening({ agreed: false }))).toEqual([]);
});

test('who is left out of captions is in no note by name, and writes none', async () => {
  const fixture = await spendEvening({ leavesOutBen: true });
  expect(await listTexts(fixture)).toEqual(['1 Adam: They take five.']);
  expect(await fixture.notes.correctNote(place, 1, 'Mine.', ben)).toEqual({
    id: 'notes.left_out',
  });
});

test('the notes of a deleted channel go with it, and those of a channel that is only hidden stay', async () => {
  const fixture = await spendEvening();
  const { captionChats, transcripts } = fixture;
  const hidden = { guildId, channelId: toChannelId('attic') };
  const [note] = await transcripts.onDisk.notes.list(place);
  await transcripts.onDisk.notes.add(hidden, note ? [note] : []);
  const gone = { guildId, channelId: toChannelId('tower') };
  await transcripts.onDisk.notes.add(gone, note ? [note] : []);
  captionChats.gone.add('tower');
  await fixture.cleanup.expireTranscripts();
  const kept = await transcripts.onDisk.notes.listPlaces();
  expect(kept.map(({ channelId }) => channelId).toSorted()).toEqual([
    'attic',
    'lounge',
  ]);
});
