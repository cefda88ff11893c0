import { formatText } from '#src/texts/texts.ts';
import {
  adam,
  eva,
  lounge,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

const deaf = { ...eva, isDeaf: true };
const offer = {
  personId: 'eva',
  text: formatText('voice.answers.offer', { channel: 'Lounge' }),
};

async function sit(fixture: SessionFixture, mode: 'talk' | 'captions' = 'talk') {
  await fixture.sessions.join(lounge, 'adam', mode);
  await passTime(fixture, 3_000);
}

test('a person who joins deafened or deafens later is offered written answers once in a server, also over restarts', async () => {
  const fixture = openSessionFixture({}, [adam, deaf]);
  await sit(fixture);
  expect(fixture.direct).toEqual([offer]);
  fixture.linkOpener.link.present.splice(0, 1, { ...adam, isDeaf: true });
  await passTime(fixture, 3_000);
  expect(fixture.direct).toEqual([offer, { ...offer, personId: 'adam' }]);
  await fixture.sessions.leave('g');
  await sit(fixture);
  expect(fixture.direct).toHaveLength(2);
  const { stores } = fixture;
  expect(await stores.personSettings.read('g', 'eva')).toEqual({ answers: 'spoken' });
  const restarted = openSessionFixture({ stores }, [adam, deaf]);
  await sit(restarted);
  expect([restarted.direct, fixture.notified, fixture.written]).toEqual([[], [], []]);
});

test.each<[string, (fixture: SessionFixture) => unknown, 'captions'?]>([
  ['said no', ({ consents }) => consents.write('g', 'eva', { kind: 'never' })],
  [
    'has chosen before',
    ({ peopleSettings }) =>
      peopleSettings.changeSettings('g', 'eva', { answers: 'written' }),
  ],
  [
    'cannot be remembered',
    ({ stores }) => Object.assign(stores.personSettings, { trouble: 'unwritable' }),
  ],
  ['sits where it only writes captions', () => undefined, 'captions'],
])('a deafened person who %s is offered nothing', async (_, prepare, mode) => {
  const bot = { ...deaf, id: 'bot', isBot: true };
  const fixture = openSessionFixture({}, [adam, deaf, bot]);
  await prepare(fixture);
  await sit(fixture, mode);
  expect(fixture.direct).toEqual([]);
});

test('if a person has closed direct messages, nothing is shown in the channel instead', async () => {
  const fixture = openSessionFixture({}, [adam, deaf]);
  fixture.closed.add('eva');
  await sit(fixture);
  expect([fixture.direct, fixture.notified, fixture.written]).toEqual([[], [], []]);
});
