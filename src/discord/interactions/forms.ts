import {
  type APIModalInteractionResponseCallbackData,
  ComponentType,
  type ModalSubmitInteraction,
  TextInputStyle,
} from 'discord.js';
import type { FormHandler } from '#src/features/command.ts';
import type { Form, FormInput } from '#src/ports/form.ts';
import { firstChars } from '#src/texts/plain.ts';
import { type Locale, text } from '#src/texts/texts.ts';
import { customIdOf } from './rendering.ts';

/** Source: Discord docs, "Text Input". */
const maxInputChars = 4_000;

/** Form as Discord shows it in this language. */
export function modalOf(form: Form, locale: Locale): APIModalInteractionResponseCallbackData {
  return {
    custom_id: customIdOf(form.name),
    title: text(form.title, {}, locale),
    components: form.inputs.map((input) => ({
      type: ComponentType.Label,
      label: text(input.label, {}, locale),
      description: input.description && text(input.description, {}, locale),
      component: componentOf(input),
    })),
  };
}

/** Text that was typed into the inputs that the handler knows. */
export function typedInto(
  sent: ModalSubmitInteraction<'cached'>,
  { inputs }: FormHandler,
): Readonly<Record<string, string>> {
  const typed = inputs.map((name) => [name, typedIn(sent, name)] as const);
  return Object.fromEntries(typed.filter(([, value]) => value.trim() !== ''));
}

function componentOf({ name, isLong, isRequired, maxChars, value }: FormInput) {
  const style = isLong ? TextInputStyle.Paragraph : TextInputStyle.Short;
  const max_length = Math.min(maxChars, maxInputChars);
  return {
    type: ComponentType.TextInput,
    custom_id: name,
    style,
    required: isRequired === true,
    max_length,
    value: value ? firstChars(value, max_length) : undefined,
  } as const;
}

/** Empty where the form has no such input. */
function typedIn({ fields }: ModalSubmitInteraction<'cached'>, name: string): string {
  const field = fields.fields.get(name);
  return field?.type === ComponentType.TextInput ? firstChars(field.value, maxInputChars) : '';
}
