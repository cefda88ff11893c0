import { toGuildId } from '#src/base/ids.ts';
import {
  findAnsweredPerson,
  floorPhase,
  longSentence,
  openSlowRoom,
  passUntil,
} from './setup/open-room.ts';
import { playScripts } from './setup/play-script.ts';
import { adam, eva, passTime } from './setup/session-fixture.ts';

test('a waiting question is answered right after the answer before it, which the model gets whole', async () => {
  const fixture = await openSlowRoom(longSentence);
  void fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'voice');
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding');
  void fixture.talk.askQuestion(toGuildId('g'), 'And Rome?', eva, 'voice');
  await passUntil(fixture, () => findAnsweredPerson(fixture) === 'eva');
  const turnMs = fixture.clock.nowMs();
  await passUntil(fixture, () => floorPhase(fixture) === 'sounding');
  expect(fixture.clock.nowMs() - turnMs).toBeLessThan(60);
  expect(fixture.prompts).toEqual([['Hello?'], ['Hello?', longSentence, 'And Rome?']]);
});

test('an answer of which the link takes no frame is given up', async () => {
  const fixture = await openSlowRoom(longSentence);
  fixture.linkOpener.link.tick = () => undefined;
  void fixture.talk.askQuestion(toGuildId('g'), 'Hello?', adam, 'voice');
  await passUntil(fixture, () => findAnsweredPerson(fixture) === 'adam');
  await passTime(fixture, 25_000);
  expect(findAnsweredPerson(fixture)).toBeUndefined();
});

playScripts({
  'a person who waited for another answer hears no "One moment." before their own': `
    with natural, adam always, eva always
    recogniser takes 120
    model: wait 250 | ${longSentence} ${longSentence}
    adam says: what is the capital > heard Adam: what is the capital
    eva asks: And Rome?
    30000
    > told eva: answered ${longSentence} ${longSentence}
    > answered Adam: ${longSentence} ${longSentence}
    > answered Eva: Eva, ${longSentence} ${longSentence}
    > says "Eva,"
    `,
  'a model that answers nothing gives a tone, and the log says so': `
    with adam always, eva always
    model: wait 250
    adam begins: what is the capital
    4000 sounding
    > heard Adam: what is the capital, failed think provider.empty, answered Adam (empty)
    `,
  'a sentence that an answer says twice was heard twice': `
    with natural, adam always, eva always
    model: wait 250 | ${longSentence} ${longSentence}
    eva asks: Again?
    30000
    > told eva: answered ${longSentence} ${longSentence}
    > answered Eva: ${longSentence} ${longSentence}
    `,
});
