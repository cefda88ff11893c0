import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { formatText } from '#src/texts/texts.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
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

async function sitDown(fixture: SessionFixture, mode: 'talk' | 'captions' = 'talk') {
  await fixture.sessions.join(lounge, toPersonId('adam'), mode);
  await passTime(fixture, 3_000);
}

test('a person who joins deafened or deafens later is offered written answers once in a server, also over restarts', async () => {
  const fixture = openSessionFixture({}, [adam, deaf]);
  await sitDown(fixture);
  expect(fixture.direct).toEqual([offer]);
  fixture.linkOpener.link.present.splice(0, 1, { ...adam, isDeaf: true });
  await passTime(fixture, 3_000);
  expect(fixture.direct).toEqual([offer, { ...offer, personId: 'adam' }]);
  await fixture.sessions.leave(toGuildId('g'));
  await sitDown(fixture);
  expect(fixture.direct).toHaveLength(2);
  const { stores } = fixture;
  expect(await stores.personSettings.read(toGuildId('g'), toPersonId('eva'))).toEqual({
    answers: 'spoken',
  });
  const restarted = openSessionFixture({ stores }, [adam, deaf]);
  await sitDown(restarted);
  expect([restarted.direct, fixture.notified, fixture.written]).toEqual([[], [], []]);
});

playScripts(
  {
    'a deafened person who said no is offered nothing': `
    with uncalled, eva never
    adam joins > joined consent brief
    3000 > says join.spoken.heard
    `,
    'a deafened person who has chosen before is offered nothing': `
    with uncalled
    eva chooses answers written
    adam joins > joined consent brief
    3000 > says join.spoken
    `,
    'a deafened person who cannot be remembered is offered nothing': [
      {
        acts: {
          'forget choices': ({ stores }) =>
            void Object.assign(stores.personSettings, { trouble: 'unwritable' }),
        },
      },
      `
    with uncalled
    do forget choices
    adam joins > joined consent brief, failed store store.unwritable
    3000 > says join.spoken
    `,
    ],
    'a deafened person who sits where it only writes captions is offered nothing': `
    with uncalled
    adam joins for captions > joined consent brief, says captions.on
    3000 > played voice: completed
    `,
    'if a person has closed direct messages, nothing is shown in the channel instead': [
      { acts: { closeRoom: ({ closed }) => void closed.add('eva') } },
      `
    with uncalled
    do closeRoom
    adam joins > joined consent brief
    3000 > says join.spoken
    `,
    ],
  },
  { people: [adam, deaf, { ...deaf, id: toPersonId('bot'), isBot: true }] },
);
