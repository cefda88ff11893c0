import type { FormHandler } from '#src/conversation/command.ts';
import { features } from '#src/features/features.ts';
import { personaForm } from './voice/persona-form.ts';

/** Handlers of all forms that people send, those in folders of features last. */
export const forms: readonly FormHandler[] = [
  personaForm,
  ...features.flatMap((feature) => feature.forms ?? []),
];
