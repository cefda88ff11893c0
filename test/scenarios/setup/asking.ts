import type { OptionValues } from '#sandbox/interactions/command-data.ts';
import type { Interaction, ShownMessage } from '#sandbox/interactions/interactions.ts';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import { expireSoon } from './scenario-setup.ts';

/** Issues a slash command; what came back first. Discord itself takes nothing after 3 s. */
export function commandReply(
  person: SandboxPerson,
  line: string,
  words?: OptionValues,
): Promise<ShownMessage> {
  return firstAnswer(person.command(line, words));
}

/** Names and words of the buttons of a message, in order. */
export function buttonsOf({
  components,
}: ShownMessage): readonly (readonly [string, string])[] {
  const rows = components as readonly { readonly components: readonly Button[] }[];
  return rows.flatMap((row) =>
    row.components.map(
      ({ custom_id, label }) => [custom_id.replace(ours, ''), label] as const,
    ),
  );
}

type Button = { readonly custom_id: string; readonly label: string };

const ours = 'parley:';

export function customId(name: string) {
  return `${ours}${name}`;
}

/** A bot that was busy has said "thinking" to all or to one, and what is for the others comes as a further message. */
export function firstAnswer(interaction: Interaction): Promise<ShownMessage> {
  return interaction.waitForAnswer(expireSoon());
}
