import { type PersonId, toChannelId, toGuildId, toPersonId } from '#src/base/ids.ts';
import { TranscriptStores } from '#src/features/captions/transcripts/transcript-stores.ts';
import {
  makeLine,
  makeSession,
  toAnswer,
  toSpeaker,
} from '#test/contracts/stores/transcript-samples.ts';
import { openSessionFixture } from '#test/conversation/setup/session-fixture.ts';
import { openMemoryTranscripts } from '#test/fakes/memory-stores.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { openPostgresTranscripts } from '#test/storage/postgres/open-transcripts.ts';

/** Eva spoke, and was answered twice, once beside others. */
async function talkedTo({ onDisk: { writer } }: Pick<TranscriptStores, 'onDisk'>) {
  await writer.putSession(
    makeSession('a', { guildId: toGuildId('g'), placeId: toChannelId('staff') }),
  );
  await writer.putLines([
    makeLine('a', 5, 'the quagga is sold', toSpeaker(toPersonId('bob'))),
    makeLine('a', 12, 'I was late', toSpeaker(toPersonId('eva'))),
    makeLine('a', 15, 'Eva was late.', toAnswer('eva')),
    makeLine(
      'a',
      30,
      'Bob sold the quagga. Eva was late.',
      toAnswer('adam', 'bob', 'eva'),
    ),
  ]);
}

async function exportPerson(transcripts: TranscriptStores, personId: PersonId) {
  const fixture = openSessionFixture({ transcripts });
  const outcome = await fixture.privacy.exportPerson(toGuildId('g'), personId);
  if (outcome.kind !== 'exported') throw new Error('nothing was exported');
  return JSON.parse(outcome.json).lines;
}

async function expectOwnWordsOnly(transcripts: TranscriptStores) {
  await talkedTo(transcripts);
  const [own, answer, quote, ...others] = await exportPerson(
    transcripts,
    toPersonId('eva'),
  );
  expect(own).toMatchObject({ number: 12, text: 'I was late' });
  expect(answer).toMatchObject({ number: 15, text: 'Eva was late.' });
  expect(quote).toMatchObject({
    number: 30,
    text: 'Bob sold the quagga. Eva was late.',
  });
  expect(others).toEqual([]);
  expect(await exportPerson(transcripts, toPersonId('adam'))).toMatchObject([
    { number: 30, text: 'Bob sold the quagga. Eva was late.' },
  ]);
}

const name = 'an export holds the words of that person, and the answers to them';

test(`SQLite: ${name}`, async () => {
  await expectOwnWordsOnly(openMemoryTranscripts(new VirtualClock()));
});

withPostgres(() => {
  test(name, async () => {
    await using schema = await openSchema();
    await using onDisk = await openPostgresTranscripts(schema);
    const { inMemory } = openMemoryTranscripts(new VirtualClock());
    await expectOwnWordsOnly(new TranscriptStores(onDisk, inMemory));
  });
});

test('an export holds every stored row about that person, and is refused where these cannot be read', async () => {
  const { consents, privacy, stores } = openSessionFixture();
  await consents.write(toGuildId('g'), toPersonId('eva'), { kind: 'always' });
  await stores.leftOutPeople.write(toGuildId('g'), toPersonId('eva'), true);
  const outcome = await privacy.exportPerson(toGuildId('g'), toPersonId('eva'));
  const row = { guildId: 'g', personId: 'eva' };
  expect('json' in outcome && JSON.parse(outcome.json)).toMatchObject({
    consent: { kind: 'always' },
    tables: {
      consents: [{ ...row, kind: 'always' }],
      left_out_of_captions: [row],
      reminders: [],
    },
  });
  consents.listRows = () => Promise.reject(new Error('The disk is gone.'));
  expect(await privacy.exportPerson(toGuildId('g'), toPersonId('eva'))).toEqual({
    kind: 'failed',
  });
});
