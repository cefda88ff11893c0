import { panelForm } from '#commands/settings/panel-presses.ts';
import { personaForm } from '#commands/voice/persona-form.ts';
import type { FormHandler } from '#src/features/contract/command.ts';
import { features } from '#src/features/features.ts';

/** Handlers of all forms that people send, those in folders of features last. */
export const forms: readonly FormHandler[] = [
  personaForm,
  panelForm,
  ...features.flatMap((feature) => feature.forms ?? []),
];
