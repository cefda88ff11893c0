import type { FormHandler } from '#src/features/contract/command.ts';
import { features } from '#src/features/features.ts';
import { panelForm } from './settings/panel-presses.ts';
import { personaForm } from './voice/persona-form.ts';

/** Handlers of all forms that people send, those in folders of features last. */
export const forms: readonly FormHandler[] = [
  personaForm,
  panelForm,
  ...features.flatMap((feature) => feature.forms ?? []),
];
