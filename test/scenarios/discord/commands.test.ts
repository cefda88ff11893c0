import { expect } from 'vitest';
import { commands } from '#commands/commands.ts';
import type { RegisteredOption } from '#sandbox/world/world.ts';
import { linkedCommands } from '#src/discord/interactions/rendering.ts';
import { byLine } from '#src/discord/interactions/slashes.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { instantPace } from '#test/fakes/providers/providers.ts';
import {
  buttonsOf,
  commandReply,
  pressed,
  spokenUp,
  whispered,
} from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  converse,
  eventually,
  hearAnswer,
  hearing,
  madeTexts,
  openScenario,
  type ScenarioSetup,
  scenario,
  seat,
  shownMessages,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const lecture = 'This is a rather long lecture about nothing at all that nobody wants to hear out';
const waits = { quietMs: 500, timeoutMs: 20_000 };

/** `say text! voice when=now|queue`: what can be typed, with all that must be and may be chosen. */
function typable(options: readonly RegisteredOption[], before: string): readonly string[] {
  const inner = options.filter(({ type }) => type === 1);
  if (inner.length > 0) {
    return inner.flatMap(({ name, options: own = [] }) => typable(own, `${before} ${name}`));
  }
  const each = options.map(({ name, required, choices }) => {
    const values = (choices ?? []) as readonly { readonly value: string }[];
    const chosen = values.map(({ value }) => value).join('|');
    return `${name}${required ? '!' : ''}${chosen && `=${chosen}`}`;
  });
  return [[before, ...each].join(' ')];
}

scenario('twelve commands can be typed, with these options and choices', async () => {
  await using setup = await openScenario();
  const registered = setup.sandbox.commands();
  const all = registered.flatMap(({ body }) => typable(body.options ?? [], body.name));
  expect(all.toSorted()).toEqual([
    'Ask about this',
    'Read aloud',
    'ask question recording link answer=voice|text|only me|file about voice model tone speed',
    'captions find words!',
    'captions off',
    'captions on language translate',
    'captions recap since=start|i came session',
    'captions transcript format=txt|srt|json session',
    'help topic',
    'join channel mode=talk|captions follow',
    'leave',
    'privacy allow',
    'privacy deny',
    'privacy export',
    'privacy forget',
    'privacy memories delete',
    'privacy pause',
    'privacy resume',
    'privacy status',
    'say text! when=now|queue track voice model tone speed wait',
    'settings check',
    'settings set key! value!',
    'settings view',
    'stats view=speed|cost|last turn',
    'stop what=speech|sounds|everything',
    'track fade to! seconds track',
    'track list',
    'track loop mode!=on|off track',
    'track mute track',
    'track pause track',
    'track play sound file track volume loop next wait',
    'track queue track',
    'track remove item! track',
    'track resume track',
    'track seek to! track',
    'track skip track',
    'track stop track',
    'track unmute track',
    'track volume level! track',
    'voice bot voice form=edit|remove',
    'voice list',
    'voice me language voice speed name answers=written|spoken',
    'voice preview voice',
    'voice words add say remove',
  ]);
});

scenario(
  '/join goes where it is told and may be repeated; whoever manages may end it',
  async () => {
    await using setup = await openScenario();
    const { sandbox } = setup;
    const [adam, ben, olga] = [
      sandbox.person('Adam'),
      sandbox.person('Ben'),
      sandbox.person('Olga'),
    ];
    expect(await commandReply(adam, 'leave')).toMatchObject(whispered('leave.nowhere'));
    await adam.join('Lounge', soon());
    const joined = await commandReply(adam, 'join', { channel: 'Workshop' });
    expect(joined.text).toContain(text('join.ok', { channel: 'Workshop' }));
    expect(sandbox.bot().channel).toBe('Workshop');
    await adam.join('Workshop', soon());
    await ben.join('Workshop', soon());
    const again = ben.command('join');
    expect((await again.answered(soon())).text).toContain(
      text('join.ok.several', { channel: 'Workshop', bot: 'Nova' }),
    );
    expect(await again.followed(soon())).toMatchObject(whispered('join.consent'));
    expect(await commandReply(sandbox.person('Cleo'), 'leave')).toMatchObject(
      whispered('perm.room', { channel: 'Workshop' }),
    );
    expect((await commandReply(olga, 'leave')).text).toMatch(/^Left Workshop after \d+ s\.$/);
    await eventually(() => expect(sandbox.bot().channel).toBeUndefined());
  },
);

scenario('/say tells how many are ahead, takes eight, and /stop drops them all', async () => {
  await using setup = await openScenario();
  const cleo = setup.sandbox.person('Cleo');
  expect(await commandReply(cleo, 'say', { text: 'Hello' })).toMatchObject(
    whispered('leave.nowhere'),
  );
  const adam = await callIn(setup, 'Adam');
  const say = (words: string) => commandReply(adam, 'say', { text: words });
  expect(await commandReply(cleo, 'say', { text: 'Hello' })).toMatchObject(
    whispered('perm.room', { channel: 'Lounge' }),
  );
  expect(await say('\u{1f642} ```x = 1```')).toMatchObject(whispered('say.empty'));
  expect(await say(lecture)).toMatchObject(whispered('say.now'));
  for (const n of [1, 2, 3, 4, 5, 6, 7, 8]) {
    expect(await say(`Number ${n}`)).toMatchObject(whispered('say.queued', { n }));
  }
  expect(await say('One more')).toMatchObject(whispered('say.full', { limit: 8 }));
  await hearing(adam);
  const stopping = adam.command('stop');
  expect(await stopping.answered(soon())).toMatchObject(whispered('stop.ok'));
  const heard = await adam.listen({ ...waits, sinceMs: 0 }, soon());
  expect(heard.lastAtMs - stopping.sentAtMs).toBeLessThan(500);
  expect(await commandReply(adam, 'stop')).toMatchObject(whispered('stop.nothing'));
  expect(madeTexts(setup)).toEqual([lecture]);
});

scenario('/say speaks in the order of asking, and what is urgent first', async () => {
  await using setup = await openScenario();
  const adam = await callIn(setup, 'Adam');
  const say = (words: string, when: string) => commandReply(adam, 'say', { text: words, when });
  expect(await say('This is the first and takes a while', 'queue')).toMatchObject(
    whispered('say.now'),
  );
  expect(await say('second', 'queue')).toMatchObject(whispered('say.queued', { n: 1 }));
  expect(await say('urgent', 'now')).toMatchObject(whispered('say.queued', { n: 1 }));
  const heard = await adam.listen({ ...waits, quietMs: 1_000, sinceMs: 0 }, soon());
  const inOrder = ['This is the first and takes a while', 'urgent', 'second'];
  expect(madeTexts(setup)).toEqual(inOrder);
  await expectAlike(heard.pcm, toneOf(inOrder));
});

scenario(
  '/ask is answered aloud and in writing, or in writing alone, or to one alone',
  async () => {
    const replies = [{ match: /^/, text: 'It is five.' }];
    await using setup = await openScenario({ providers: { replies } });
    const [adam, cleo] = [setup.sandbox.person('Adam'), setup.sandbox.person('Cleo')];
    const thinking = text('ask.thinking', { question: 'What time is it?' });
    const asks = async (person = adam, answer?: string, question = 'What time is it?') => {
      const asked = person.command('ask', { question, ...(answer && { answer }) });
      const said = () =>
        [asked.reply, ...asked.followUps].find((one) => one && one.text !== thinking);
      await eventually(() => expect(said()).toBeDefined());
      return said();
    };
    const answer = spokenUp('ask.answer', { answer: 'It is five.' });
    expect(await asks()).toMatchObject(answer);
    expect(await asks(adam, 'text')).toMatchObject(answer);
    expect(await asks(adam, 'only me')).toMatchObject({ ...answer, ephemeral: true });
    expect(await asks(adam, 'voice')).toMatchObject(whispered('leave.nowhere'));
    expect(await asks(adam, 'text', '?!')).toMatchObject(whispered('ask.empty'));
    expect(madeTexts(setup)).toEqual([]);
    await callIn(setup, 'Adam');
    // What is said in the Lounge is told in another channel to the asker alone.
    expect(await asks()).toMatchObject({ ...answer, ephemeral: true });
    await expectAlike((await hearAnswer(adam, 0)).pcm, toneOf(['It is five.']));
    expect(await asks(cleo)).toMatchObject(whispered('perm.room', { channel: 'Lounge' }));
    expect(await asks(cleo, 'text')).toMatchObject(answer);
    expect(madeTexts(setup)).toEqual(['It is five.']);
  },
);

scenario('a question that takes long stands there until its answer replaces it', async () => {
  const pace = { ...instantPace, firstTokenMs: 1_500 };
  const replies = [{ match: /^/, text: 'Seven.' }];
  await using setup = await openScenario({ providers: { replies, pace } });
  const words = { question: 'How many?', answer: 'text' };
  const asked = setup.sandbox.person('Adam').command('ask', words);
  expect(await asked.answered(soon())).toMatchObject(
    spokenUp('ask.thinking', { question: 'How many?' }),
  );
  const answer = spokenUp('ask.answer', { answer: 'Seven.' });
  await eventually(() => expect(asked.reply).toMatchObject(answer));
});

scenario('/stop cuts an answer off, and only what was heard of it is remembered', async () => {
  await using setup = await openScenario({
    providers: { replies: [{ match: /^/, text: lecture }] },
  });
  const adam = await callIn(setup, 'Adam');
  await adam.say(question, soon());
  await hearing(adam);
  expect(await commandReply(adam, 'stop', { what: 'everything' })).toMatchObject(
    whispered('stop.ok'),
  );
  await adam.listen({ ...waits, sinceMs: 0 }, soon());
  setup.providers.set({ replies: [{ match: /^/, text: 'Yes.' }] });
  await converse(setup, adam, question);
  const [, , remembered] = shownMessages(setup);
  expect(remembered?.role).toBe('assistant');
  const words = remembered?.content.replace(/\W+$/, '') ?? '';
  expect(lecture.startsWith(words)).toBe(true);
  expect(words.length).toBeLessThan(lecture.length * 0.75);
});

/** Lines of `/help` for a member where a model answers, after the first. */
const helpIds = [
  'help.ask.typed',
  'help.voice',
  'help.words',
  'help.stop',
  'help.tracks',
  'help.captions.model',
  'help.privacy',
  'help.stats',
  'help.reminders',
  'help.trouble',
] as const;

/** Text with its commands linked by their ids in the sandbox. */
function linked({ sandbox }: ScenarioSetup, words: string): string {
  const ids = new Map(sandbox.commands().map(({ body, id }) => [`${body.name}`, id]));
  return linkedCommands(words, byLine(commands), ids);
}

scenario('/stats tells how fast the bot is here, /help how to use it', async () => {
  const replies = [{ match: /^/, text: 'Yes.' }];
  await using setup = await openScenario({ providers: { replies } });
  const adam = await seat(setup, 'Adam');
  expect(await commandReply(adam, 'stats')).toMatchObject(whispered('stats.none'));
  const help = await commandReply(adam, 'help');
  const helpTexts = [
    text('help.start.call', { channel: 'Lounge' }),
    ...helpIds.map((id) => text(id)),
  ];
  expect(help).toMatchObject({ text: linked(setup, helpTexts.join('\n')), ephemeral: true });
  expect(help.text).toMatch(/<\/join:\d+> and I come to Lounge/);
  expect(help.text).toMatch(/<\/track play:\d+> puts/);
  expect(buttonsOf(help).map(([, label]) => label)).toEqual(['/join', '/privacy status']);
  const stop = await commandReply(adam, 'help', { topic: ' Stop' });
  expect(stop).toMatchObject({ text: linked(setup, text('help.stop')), ephemeral: true });
  const topics =
    'start, ask, voice, words, stop, tracks, captions, privacy, stats, reminders, trouble';
  expect(await commandReply(adam, 'help', { topic: 'cake' })).toMatchObject(
    whispered('help.unknown', { topic: 'cake', topics }),
  );
  const joined = await pressed(adam, help, 'try.join');
  expect(joined.text).toContain(text('join.ok', { channel: 'Lounge' }));
  await adam.settled(soon());
  const [next = ''] = (await commandReply(adam, 'help')).text.split('\n');
  expect(next).toBe(text('help.start.heard'));
  expect((await pressed(adam, help, 'try.privacy')).text).toContain('Hearing you: yes.');
  await converse(setup, adam, question);
  const speed =
    /^Last 1 answers: half within \d+ ms, 95 % within \d+ ms of your last word\. 0 failed\. Prepared but not used: \d+ % of tokens\.$/;
  expect((await commandReply(adam, 'stats')).text).toMatch(speed);
  expect((await commandReply(adam, 'stats', { view: 'last turn' })).text).toMatch(
    /^Last answer: said to the end\. After your last word: ended \d+, recognised \d+, first token \d+, first clause \d+, first speech \d+, first frame sent \d+ ms\.$/,
  );
});

scenario('half-typed words are completed, and everybody reads their own language', async () => {
  await using setup = await openScenario({ guild: { locale: 'de' } });
  const adam = setup.sandbox.person('Adam', { locale: 'de-DE' });
  const typed = (line: string, option: string, words: string) =>
    adam.complete(line, { [option]: words }, option).suggested(soon());
  expect(await typed('help', 'topic', 'st')).toMatchObject(
    ['start', 'stop', 'stats'].map((name) => ({ name, value: name })),
  );
  expect(await typed('say', 'voice', 'al')).toEqual([]);
  expect(await commandReply(adam, 'join')).toMatchObject(whispered('join.none', {}, 'de'));
  await adam.join('Lounge', soon());
  const joined = await commandReply(adam, 'join');
  expect(joined.text).toContain(text('join.ok', { channel: 'Lounge' }, 'de'));
  const cleo = setup.sandbox.person('Cleo', { locale: 'nl' });
  expect(await commandReply(cleo, 'stop')).toMatchObject(
    whispered('perm.room', { channel: 'Lounge' }),
  );
  expect(await commandReply(adam, 'stop')).toMatchObject(whispered('stop.nothing', {}, 'de'));
});
