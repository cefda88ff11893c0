import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { DatabaseSync } from '#src/sql/sqlite.ts';
import { storePath } from '#src/storage/store.ts';
import { transcriptsPath } from '#src/storage/transcripts/transcripts-path.ts';
import { text } from '#src/texts/texts.ts';
import { commandReply, pressed } from '#test/scenarios/setup/asking.ts';
import { captioned, keptBytes, Sayings, untilShown } from '#test/scenarios/setup/captioning.ts';
import {
  eventually,
  openOwnScenario,
  returned,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const said = ['nova what about the quagga', 'nova when was that', 'nova who knew it'] as const;
const [first, later, last] = said;
const [answer, laterAnswer] = ['It lives no more.', 'Long ago.'];

type Talk = { readonly setup: ScenarioSetup; readonly sayings: Sayings<(typeof said)[number]> };

/** Adam has called the bot, and others sit there; captions are on. */
async function talkWith(...names: readonly string[]) {
  const sayings = new Sayings(said);
  const replies = [
    { match: /quagga$/, text: answer },
    { match: /that$/, text: laterAnswer },
  ];
  const setup = await openOwnScenario({ providers: { ...sayings.providers, replies } });
  const [adam, ben = adam] = await captioned(setup, names);
  return { setup, sayings, adam, ben };
}

/** Adam has asked and was answered, and both are kept. */
async function answered() {
  const talk = await talkWith();
  await ask(talk, talk.adam, first);
  await untilShown(talk.setup, `**Nova** ${answer}`);
  await eventually(() => expect(exchangesIn(talk.setup)).toBe(1));
  return talk;
}

/** Asks, and resolves to what the model is shown of the conversation before that. */
async function ask({ setup, sayings }: Talk, who: SandboxPerson, words: (typeof said)[number]) {
  await sayings.say(who, words);
  await eventually(() => expect(history(setup).at(-1)).toContain(words));
  const before = history(setup).slice(0, -1);
  return before.filter((content) => !content.includes('It is data'));
}

/** Conversation in the prompt of the model's last answer. */
function history({ providers }: ScenarioSetup): readonly string[] {
  const chats = providers.requests.filter(({ endpoint }) => endpoint === 'chat');
  const { messages } = (chats.at(-1)?.body ?? { messages: [] }) as {
    readonly messages: readonly { readonly role: string; readonly content: string }[];
  };
  return messages.filter(({ role }) => role !== 'system').map(({ content }) => content);
}

/** Number of lines by which a break does not end the conversation. */
function exchangesIn({ dataDir }: ScenarioSetup): number {
  using sqlite = new DatabaseSync(transcriptsPath(dataDir), { readOnly: true });
  return Number(sqlite.prepare('SELECT COUNT(*) AS n FROM lines WHERE asked IS NOT NULL').get()?.n);
}

async function killed({ setup }: Talk): Promise<void> {
  await setup.bot.kill();
  await setup.restart();
}

/** All messages in the channel where the bot was called, as one text. */
function panel({ sandbox }: ScenarioSetup): string {
  return sandbox
    .messages('general')
    .map((message) => message.text)
    .join('\n');
}

const exchange = [expect.stringContaining(first), answer];

scenario(
  'after a kill the model is shown the exchanges before it, until their speaker is forgotten',
  async () => {
    const talk = await answered();
    const { setup, adam } = talk;
    await using _ = setup;
    await killed(talk);
    await returned(setup, adam);
    expect(await ask(talk, adam, later)).toEqual(exchange);
    await eventually(() => expect(panel(setup)).toContain(text('seat.returned')));
    await eventually(() => expect(exchangesIn(setup)).toBe(2));
    const status = await commandReply(adam, 'privacy status');
    expect(status.text).toContain(text('privacy.exchanges', { n: 2 }));
    await pressed(adam, await commandReply(adam, 'privacy forget'), 'forget.confirm');
    expect(exchangesIn(setup)).toBe(0);
    expect(await keptBytes(setup)).not.toContain('quagga');
    await commandReply(adam, 'leave');
    await commandReply(adam, 'join');
    await adam.settled(soon());
    expect(await ask(talk, adam, last)).toEqual([]);
  },
);

scenario(
  'after a leave the exchanges before it are there again, but rest while somebody sits there who was not in them',
  async () => {
    const talk = await answered();
    const { setup, adam } = talk;
    await using _ = setup;
    await commandReply(adam, 'leave');
    const emil = await seat(setup, 'Emil');
    await commandReply(adam, 'join');
    await adam.settled(soon());
    expect(await ask(talk, adam, later)).toEqual([]);
    await eventually(() => expect(exchangesIn(setup)).toBe(2)); // its answer is over, too
    await emil.leave();
    const shown = await ask(talk, adam, last);
    expect(shown).toEqual([...exchange, expect.stringContaining(later), laterAnswer]);
  },
);

scenario('15 minutes after a kill it begins anew, and no exchange is in the file', async () => {
  const talk = await answered();
  const { setup, adam } = talk;
  await using _ = setup;
  await setup.bot.kill();
  for (const [path, sql] of [
    [storePath(setup.dataDir), 'UPDATE seats SET alive_at_ms = alive_at_ms - ?'],
    [
      transcriptsPath(setup.dataDir),
      'UPDATE sessions SET started_at_wall_ms = started_at_wall_ms - ?',
    ],
  ] as const) {
    using sqlite = new DatabaseSync(path);
    sqlite.prepare(sql).run(16 * 60_000);
  }
  await setup.restart();
  await eventually(() => expect(exchangesIn(setup)).toBe(0));
  expect(await keptBytes(setup)).toContain('quagga'); // in the captions, as everybody was told
  await commandReply(adam, 'join');
  await adam.settled(soon());
  expect(await ask(talk, adam, later)).toEqual([]);
});

scenario(
  'where somebody asked who is left out of captions it begins anew after a kill, says so, and had kept no word',
  async () => {
    const talk = await talkWith('Ben');
    const { setup, adam, ben } = talk;
    await using _ = setup;
    const notice = setup.sandbox.messages('Lounge').find(({ components }) => components.length > 0);
    if (!notice) throw new Error('No notice of captions has a button.');
    await pressed(ben, notice, 'captions.leave_out');
    await ask(talk, ben, first);
    await killed(talk);
    await returned(setup, adam, ben);
    expect(await keptBytes(setup)).not.toContain('quagga');
    await eventually(() => expect(panel(setup)).toContain(text('seat.returned.anew')));
    expect(await ask(talk, ben, later)).toEqual([]);
  },
);
