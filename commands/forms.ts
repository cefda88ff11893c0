import type { FormHandler } from '#src/conversation/command.ts';
import { personaForm } from './voice/persona-form.ts';

/** Handlers of all forms that people send. */
export const forms: readonly FormHandler[] = [personaForm];
