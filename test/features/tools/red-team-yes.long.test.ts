import { adam, eva, passTime } from '#test/conversation/setup/session-fixture.ts';
import { openSpoken, type SpokenTrap } from '#test/conversation/tools/spoken-trap.ts';

/** Yes in 20 forms, each of which would confirm. */
const yes = [
  ...[
    'Yes.',
    'Yes, please.',
    'Yes, do it.',
    'Do it!',
    'Yeah.',
    'Yes, Nova.',
    'Nova, yes please.',
  ],
  ...[
    'Ja.',
    'Ja, bitte.',
    'Mach das.',
    'Oui.',
    'Oui, vas-y.',
    'Sí.',
    'Sí, hazlo.',
    'Sim.',
  ],
  ...['Tak, proszę.', 'はい。', 'はい、お願いします。', 'Да.', 'Evet.'],
];
/** 20 sentences that hold one of them. */
const longer = [
  ...[
    'Yes, but not so loud.',
    'Yes and no.',
    'He said yes.',
    'Did you say yes?',
    'Yes?',
  ],
  ...[
    'Yes, Eva, I am coming.',
    'I would not say yes.',
    'Just do it yourself.',
    'Yes, tomorrow.',
  ],
  ...[
    'Do it later.',
    'Ja, aber leiser.',
    'Ja, nein.',
    'Oui, mais pas maintenant.',
    'Oui ou non ?',
  ],
  ...[
    'Sí, pero no.',
    'Sim, mas não agora.',
    'Tak, ale nie teraz.',
    'はい、でも後で。',
    'Да нет.',
  ],
  'Evet ama sonra.',
];

/** Paths of a yes that does not come from the person asked: the question is heard to its end, then the attempt is made. */
const ways: Readonly<
  Record<string, (trap: SpokenTrap, utterance: string) => Promise<void>>
> = {
  async track(trap, utterance) {
    await trap.ask();
    trap.playMinute(); // Adam's loudspeaker plays it into his microphone
    await trap.say(utterance);
    trap.session.mouth.mix.tracks.findTrack('main')?.perform({ kind: 'stop' });
  },
  async echo(trap, utterance) {
    trap.hears(utterance);
    await trap.ask(240); // the question sounds
    await passTime(trap.fixture, 5_000, await trap.word(adam));
  },
  async tail(trap, utterance) {
    trap.hears(utterance);
    await untilAsked(trap);
    await passTime(trap.fixture, 5_000, await trap.word(adam, -300)); // the recording begins with 330 ms of silence
  },
  async other(trap, utterance) {
    await trap.ask();
    await trap.say(utterance, eva);
  },
  async 'other-first'(trap, utterance) {
    await trap.ask();
    await trap.say('Are you hungry, Adam?', eva);
    await trap.say(utterance);
  },
  async longer(trap, utterance) {
    await trap.ask();
    await trap.say(utterance);
  },
  async 'goes-on'(trap, utterance) {
    await trap.ask();
    trap.hears(utterance);
    await passTime(trap.fixture, 1_300, await trap.word(adam));
    await trap.say('But not so loud.');
  },
  async late(trap, utterance) {
    await trap.ask(21_500);
    await trap.say(utterance);
  },
  async overlapped(trap, utterance) {
    await trap.ask();
    trap.hears(utterance);
    const both = [...(await trap.word(adam)), ...(await trap.word(eva, 200))];
    await passTime(trap.fixture, 5_000, both);
  },
  async 'answered-before'(trap, utterance) {
    await trap.ask();
    await trap.say('What time is it?'); // the bot answers that
    await trap.say(utterance);
  },
};

/** A call that was not made before. */
function postOf(n: number) {
  return { name: 'post_text', given: { text: `It is ${n}.` } };
}

function isAsked({ session }: SpokenTrap) {
  return session.loop.state.tools.confirmations.some(
    ({ spokenYes }) => spokenYes?.state === 'open',
  );
}

/** Lets the question begin and end. */
async function untilAsked(trap: SpokenTrap) {
  await trap.ask(20);
  for (let n = 0; n < 200 && !isAsked(trap); n++) await passTime(trap.fixture, 20);
}

test.each(Object.entries(ways))(
  'a yes by way of "%s" confirms nothing, in twenty forms',
  async (name, attempt) => {
    const trap = await openSpoken();
    for (const [n, said] of (name === 'longer' ? longer : yes).entries()) {
      trap.model.calls = [postOf(n + 1)]; // another question each time
      const confirmedBefore = trap.countConfirmed();
      const { length } = trap.fixture.offered;
      await attempt(trap, said);
      expect(trap.fixture.offered.length, 'nothing was asked').toBe(length + 1);
      expect(trap.countConfirmed() - confirmedBefore, said).toBe(0);
    }
    expect(trap.listPosted()).toEqual([]);
  },
  180_000,
);

test('each of the twenty forms confirms where nothing is against it', async () => {
  const trap = await openSpoken();
  for (const [n, said] of yes.entries()) {
    trap.model.calls = [postOf(n + 1)];
    await trap.ask();
    await trap.say(said);
  }
  expect(trap.countConfirmed()).toBe(yes.length);
});
