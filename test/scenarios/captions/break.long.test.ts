import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { text } from '#src/texts/texts.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { captioned, Sayings, untilShown } from '#test/scenarios/setup/captioning.ts';
import {
  eventually,
  openOwnScenario,
  returned,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const said = ['nova what about the quagga', 'nova when was that'] as const;
const [first, later] = said;
const answer = 'It lives no more.';

type Talk = { readonly setup: ScenarioSetup; readonly sayings: Sayings<(typeof said)[number]> };

/** Adam has called the bot; captions are on. */
async function called() {
  const sayings = new Sayings(said);
  const replies = [{ match: /quagga$/, text: answer }];
  const setup = await openOwnScenario({ providers: { ...sayings.providers, replies } });
  const [adam] = await captioned(setup);
  return { setup, sayings, adam };
}

/** Adam has asked and was answered. */
async function answered() {
  const talk = await called();
  await ask(talk, talk.adam, first);
  await untilShown(talk.setup, `**Nova** ${answer}`);
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

/** All messages in the channel where the bot was called, as one text. */
function panel({ sandbox }: ScenarioSetup): string {
  return sandbox
    .messages('general')
    .map((message) => message.text)
    .join('\n');
}

const exchange = [expect.stringContaining(first), answer];

scenario('after a leave the talk goes on', async () => {
  const talk = await answered();
  const { setup, adam } = talk;
  await using _ = setup;
  await commandReply(adam, 'leave');
  await commandReply(adam, 'join');
  await adam.settled(soon());
  expect(await ask(talk, adam, later)).toEqual(exchange);
});

scenario('after a kill it begins anew, and says so', async () => {
  const talk = await answered();
  const { setup, adam } = talk;
  await using _ = setup;
  await setup.bot.kill();
  await setup.restart();
  await returned(setup, adam);
  await eventually(() => expect(panel(setup)).toContain(text('seat.returned.anew')));
  expect(await ask(talk, adam, later)).toEqual([]);
});
