import type { Interaction, ShownMessage } from '#sandbox/interactions/interaction.ts';
import type { OptionValues } from '#sandbox/interactions/interaction-words.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { type TextValues as Filling, type Locale, type TextId, text } from '#src/texts/texts.ts';
import { type ScenarioSetup, soon } from './scenario-setup.ts';

/** Time above which a reply is printed; a machine under test may be busy. */
const hastyMs = 300;

/** Issues a slash command; what came back first. Discord itself takes nothing after 3 s. */
export function commandReply(
  person: SandboxPerson,
  line: string,
  words?: OptionValues,
): Promise<ShownMessage> {
  return firstAnswer(person.command(line, words), `/${line}`);
}

/** Presses the button of that name; what came back first. */
export function pressed(
  person: SandboxPerson,
  message: ShownMessage,
  name: string,
): Promise<ShownMessage> {
  return firstAnswer(person.press(message, customId(name)), `the button ${name}`);
}

/** A sentence that only the caller reads. */
export function whispered(id: TextId, words?: Filling, locale?: Locale) {
  return { text: text(id, words, locale), ephemeral: true };
}

/** A sentence that everybody reads. */
export function spokenUp(id: TextId, words?: Filling, locale?: Locale) {
  return { text: text(id, words, locale), ephemeral: false };
}

/** Names and words of the buttons of a message, in order. */
export function buttonsOf({ components }: ShownMessage): readonly (readonly [string, string])[] {
  const rows = components as readonly { readonly components: readonly Button[] }[];
  return rows.flatMap((row) =>
    row.components.map(({ custom_id, label }) => [custom_id.replace(ours, ''), label] as const),
  );
}

type Button = { readonly custom_id: string; readonly label: string };

const ours = 'parley:';

function customId(name: string): string {
  return `${ours}${name}`;
}

async function firstAnswer(asked: Interaction, what: string): Promise<ShownMessage> {
  // A bot that was busy has said "thinking" to all or to one, and what is for the others comes as a further message.
  const answer = await Promise.any([asked.answered(soon()), asked.followed(soon())]);
  const tookMs = (asked.ackedAtMs ?? 0) - asked.sentAtMs;
  if (tookMs > hastyMs) console.log(`${what} was answered after ${Math.round(tookMs)} ms`);
  return answer;
}

/** The message in #general with the buttons of the room. */
export function panelIn({ sandbox }: ScenarioSetup): ShownMessage {
  const shown = sandbox.messages('general').find(({ components }) => components.length > 0);
  if (!shown) throw new Error('There is no panel.');
  return shown;
}
