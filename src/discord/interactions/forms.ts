import {
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js';
import type { FormHandler } from '#src/features/command.ts';
import type { Form, FormInput } from '#src/ports/form.ts';
import { takeFirstChars } from '#src/texts/plain-text.ts';
import { formatText, type Locale } from '#src/texts/texts.ts';
import { toCustomId } from './rendering.ts';

/** Source: Discord docs, "Text Input". */
const maxInputChars = 4_000;

/** Converts a form to a modal of Discord. Texts beyond 4,000 characters are cut. */
export function toModal(
  form: Form,
  locale: Locale,
): APIModalInteractionResponseCallbackData {
  return {
    custom_id: toCustomId(form.name),
    title: formatText(form.title, {}, locale),
    components: form.inputs.map((input) => ({
      type: ComponentType.Label,
      label: formatText(input.label, {}, locale),
      description: input.description && formatText(input.description, {}, locale),
      component: toFormComponent(input),
    })),
  };
}

/** Reads the inputs that a person filled in, by name. Blank ones are left out. */
export function readFormInputs(
  interaction: ModalSubmitInteraction<'cached'>,
  { inputs }: FormHandler,
): Readonly<Record<string, string>> {
  const typed = inputs.map(
    (name) => [name, readTypedInput(interaction, name)] as const,
  );
  return Object.fromEntries(typed.filter(([, value]) => value.trim() !== ''));
}

function toFormComponent({ name, isLong, isRequired, maxChars, value }: FormInput) {
  const style = isLong ? TextInputStyle.Paragraph : TextInputStyle.Short;
  const max_length = Math.min(maxChars, maxInputChars);
  return {
    type: ComponentType.TextInput,
    custom_id: name,
    style,
    required: isRequired === true,
    max_length,
    value: value ? takeFirstChars(value, max_length) : undefined,
  } as const;
}

function readTypedInput({ fields }: ModalSubmitInteraction<'cached'>, name: string) {
  const field = fields.fields.get(name);
  return field?.type === ComponentType.TextInput
    ? takeFirstChars(field.value, maxInputChars)
    : '';
}
