import { expect, test } from 'vitest';
import { ask as askCommand } from '#commands/ask.ts';
import { peopleReading } from '#src/people/confidential-text.ts';
import type { CommandCall, CommandPorts } from '#src/session/ports/command.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { TurnHandle } from '#src/session/queue/turn-handle.ts';
import { withPostgres } from '#test/fakes/postgres.ts';
import { turnOn } from '#test/session/setup/captioned.ts';
import { programDoors } from '#test/session/setup/program-doors.ts';
import { adam, den, eva, lounge, pass } from '#test/session/setup/session-fixture.ts';
import {
  fixtureStores,
  type OpenStores,
  postgresIn,
  StoreClock,
  type StorePlace,
  sqliteIn,
} from '#test/session/setup/stores-on-disk.ts';
import {
  asked,
  ben,
  openTelling,
  overheard,
  type TellingScene,
  talked,
  told,
} from '#test/session/setup/telling-room.ts';

/** As `open`, over stores on a disk. */
async function openOver(
  openStores: OpenStores,
  people: readonly ChannelMember[],
): Promise<TellingScene> {
  const clock = new StoreClock();
  return await openTelling(fixtureStores(await openStores(), clock), people, clock);
}

/** All through which somebody who must not know them may learn these words, with Adam and Ben there, or Ben alone. */
async function doors(scene: TellingScene): Promise<Readonly<Record<string, string>>> {
  const { fixture, synthesizer } = scene;
  const aloud = await asked(scene, ben, 'What did you tell them?');
  const quoted = await asked(scene, ben, 'What was decided?');
  const typed = await fixture.talk.ask('g', 'What did you tell them?', ben, 'text');
  const written = typed.kind === 'answered' ? typed.text.textFor(peopleReading(['ben'])) : '';
  const program = await programDoors(scene.fixture, synthesizer);
  const spokenBefore = synthesizer.asked.length;
  const found = fixture.transcriptFor.ask('g', adam, {
    question: 'decided',
    about: 'all',
    isAloud: true,
  });
  await pass(fixture, 8_000);
  await found;
  const files = await Promise.all([
    fixture.transcriptFor.file('g', 'ben', { format: 'md' }),
    fixture.transcriptFor.find('g', 'ben', 'decided'),
    fixture.transcriptFor.recap('g', ben, { since: 'start' }),
  ]);
  return {
    'the answer to them': aloud.read,
    'what is said to them': aloud.spoken,
    'lines for them': quoted.read,
    'lines that are said': quoted.spoken,
    'an answer in writing': `${written}`,
    'lines that Adam asks for aloud': JSON.stringify(synthesizer.asked.slice(spokenBefore)),
    'files, search and recap': JSON.stringify(files),
    ...program,
  };
}

/** Doors through which one of the words came. */
function opened(found: Readonly<Record<string, string>>): readonly string[] {
  const isOpen = (text: string) => text.includes(overheard) || text.includes(told);
  return Object.entries(found).flatMap(([door, text]) => (isOpen(text) ? [door] : []));
}

/** Another run of the bot over the same stores, with these people there. */
type Reopen = (people: readonly ChannelMember[]) => Promise<TellingScene>;

/** What happens between what is said and the question of somebody who was not there. */
const times: Readonly<
  Record<string, (scene: TellingScene, reopen: Reopen) => Promise<TellingScene>>
> = {
  'after somebody came': async (scene) => {
    scene.fixture.linkOpener.link.present.push(ben);
    await pass(scene.fixture, 2_000);
    return scene;
  },
  'after a move to where they sit': async (scene) => {
    scene.fixture.linkOpener.people.splice(0, 9, adam, ben);
    scene.fixture.sessions.news('g', { kind: 'moved', channelId: den.channelId });
    await pass(scene.fixture, 3_000);
    return scene;
  },
  'after captions went on in another place': async (scene) => {
    const { fixture } = scene;
    await fixture.captions.turnOff('g');
    await fixture.settings.set('g', 'catch_up', 'on');
    await fixture.settings.set('g', 'captions_channel', '123456789012345678');
    void fixture.captions.turnOn('g', {});
    await pass(fixture, 4_000);
    fixture.linkOpener.link.present.push(ben);
    await pass(fixture, 2_000);
    return scene;
  },
  'after a restart': async ({ fixture }, reopen) => {
    await fixture.sessions.leave('g');
    await pass(fixture, 1_000);
    return await reopen([adam, ben]);
  },
};

/** The scene at each of these times, and before. */
function atAllTimes(storesIn: StorePlace): void {
  test('what is said is told to those who were there, through every door but those of programs', async () => {
    await using stack = new AsyncDisposableStack();
    const scene = await talked(await openOver(await storesIn(stack), [adam, eva]));
    const aloud = await asked(scene, eva, 'What did you tell us?');
    const quoted = await asked(scene, eva, 'What was decided?');
    const answers = [aloud.read, aloud.spoken].map((text) => text.includes(told));
    const quotes = [quoted.read, quoted.spoken].map((text) => text.includes(overheard));
    expect([...answers, ...quotes]).toEqual([true, true, true, true]);
    expect(opened(await programDoors(scene.fixture, scene.synthesizer))).toEqual([]);
  });

  test.each(Object.entries(times))(
    '%s who was not there learns nothing of it',
    async (_, happen) => {
      await using stack = new AsyncDisposableStack();
      const openStores = await storesIn(stack);
      const reopen: Reopen = (people) => openOver(openStores, people);
      const scene = await happen(await talked(await reopen([adam, eva])), reopen);
      expect(opened(await doors(scene))).toEqual([]);
      const found = await scene.fixture.transcriptFor.find('g', 'eva', 'decided');
      expect(JSON.stringify(found)).toContain(overheard);
    },
  );
}

atAllTimes(sqliteIn);
withPostgres(() => atAllTimes(postgresIn));

test('what was said rests while somebody new is there, which is told once, and is back when they are gone', async () => {
  const scene = await talked(await openTelling());
  const { fixture } = scene;
  const rests = 'Ben came: until they leave, I don’t use what was said to me before.';
  const { present } = fixture.linkOpener.link;
  present.push(ben);
  await pass(fixture, 40_000);
  expect((await asked(scene, adam, 'And before?')).read).not.toContain(told);
  expect((await asked(scene, adam, 'The axolotl again.')).read).not.toContain(told);
  expect((await asked(scene, adam, 'What is it?')).read).toContain(told);
  const plain = (text: string) => text.replaceAll("'", '’');
  expect(fixture.written.filter((one) => plain(one) === rests)).toHaveLength(1);
  present.splice(present.indexOf(ben), 1);
  await pass(fixture, 1_000);
  expect((await asked(scene, adam, 'What was it?')).spoken).toContain(told);
});

const none = 'There is nothing I can say again.';

/** Whether something sounds when the last answer is to be said again, and what was made for it last. */
async function again({ fixture, synthesizer }: TellingScene) {
  const { queue } = fixture.sessions.session('g')?.context ?? {};
  queue?.repeat({ kind: 'repeat', handle: new TurnHandle() });
  const { sent } = fixture.linkOpener.link;
  await pass(fixture, 4_000);
  return [fixture.linkOpener.link.sent > sent, synthesizer.asked.at(-1)?.text];
}

test.each(['adam', 'eva'])(
  'the last answer is not said again once %s, whom it answers or quotes, is forgotten',
  async (id) => {
    const scene = await talked(await openTelling());
    expect((await again(scene))[1]).not.toBe(none);
    await scene.fixture.privacy.forget('g', id);
    expect(await again(scene)).toEqual([true, none]);
  },
);

test('an answer that is cut off by the no of its asker is not said again', async () => {
  const scene = await talked(await openTelling());
  const { chat, fixture } = scene;
  chat.pace = { waitMs: 0, times: 20 };
  void fixture.talk.ask('g', 'What did you tell us?', adam, 'voice');
  await pass(fixture, 3_000);
  await fixture.privacy.deny('g', 'adam');
  expect(await again(scene)).toEqual([true, none]);
});

test('the last answer is not said again to who was not there', async () => {
  const scene = await talked(await openTelling());
  const { fixture } = scene;
  const [, before] = await again(scene);
  fixture.linkOpener.link.present.push(ben);
  await pass(fixture, 2_000);
  expect(before).not.toBe(none);
  expect(await again(scene)).toEqual([true, none]);
});

test('lines that were to be said are not said once somebody came who may not know them, and their asker reads them', async () => {
  const scene = await openTelling();
  const { fixture, say, synthesizer } = scene;
  await turnOn(fixture);
  await say(eva, `the ${overheard} is decided`);
  await fixture.talk.say('g', 'A text that takes a while. '.repeat(15), 'queue');
  await pass(fixture, 1_000);
  const before = synthesizer.asked.length;
  const request = { question: 'What is decided?', about: 'all', isAloud: true } as const;
  const found = fixture.transcriptFor.ask('g', adam, request);
  await pass(fixture, 500);
  expect(JSON.stringify(await found)).toContain(overheard);
  fixture.linkOpener.link.present.push(ben);
  await pass(fixture, 90_000);
  expect(JSON.stringify(synthesizer.asked.slice(before))).not.toContain(overheard);
});

test('a quote is shown to its asker alone, and is in no chat, also while the voice is out', async () => {
  for (const isOut of [false, true]) {
    const { fixture, say, voice } = await openTelling();
    await turnOn(fixture);
    await say(eva, `the ${overheard} is decided`);
    voice.isOut = isOut;
    const call: CommandCall = {
      guildId: 'g',
      callerId: 'adam',
      callerName: 'Adam',
      callerLocale: 'en',
      callerRoleIds: [],
      mayManage: false,
      placeId: 'lounge',
      callerChannel: lounge,
      words: { question: 'What was decided?' },
    };
    const ports = { sessions: { at: () => lounge }, talk: fixture.talk };
    const running = askCommand.run(call, ports as unknown as CommandPorts);
    await pass(fixture, 8_000);
    const [reply] = await running;
    expect([reply.to, JSON.stringify(reply).includes(overheard)]).toEqual(['caller', true]);
    expect(fixture.written.filter((one) => one.includes(overheard))).toEqual([]);
  }
});
