import { captionButtons } from '#commands/captions/captions.ts';
import { allow, deny, pauseOrResume } from '#commands/privacy/privacy.ts';
import { card } from '#commands/privacy/replies.ts';
import { panelButtons, panelForm, panelPickers } from '#commands/settings/panel-presses.ts';
import { trackPresses } from '#commands/track/buttons.ts';
import { personaForm } from '#commands/voice/persona-form.ts';
import type { Button, Command, FormHandler, PickerHandler } from '#src/features/command.ts';
import { openAskWindow } from './ask-window.ts';
import { help } from './commands.ts';
import { confirm, longestPressMs, show } from './confirm.ts';
import { agreeToMove, join } from './join.ts';
import { more } from './panel-menu.ts';
import { stop } from './stop.ts';

/** Every button that ever stood on a message of ours. */
export const buttons: readonly Button[] = [
  { name: 'ask', label: 'button.ask', style: 'main', run: openAskWindow },
  button('stop', 'button.stop', 'danger', stop),
  { name: 'more', label: 'button.more', style: 'plain', isForEverybody: true, run: more },
  {
    name: 'pause',
    label: 'button.pause',
    style: 'plain',
    isForEverybody: true,
    isNeverLimited: true,
    run: pauseOrResume,
  },
  ...trackPresses,
  ...captionButtons,
  { name: 'privacy', label: 'button.privacy', style: 'plain', isForEverybody: true, run: card },
  button('consent.always', 'button.hear_me', 'main', allow),
  button('consent.never', 'button.not_me', 'plain', deny),
  { name: 'tool.show', label: 'button.show', style: 'main', run: show },
  {
    name: 'confirm',
    label: 'button.confirm',
    style: 'main',
    longestMs: longestPressMs,
    isForEverybody: true,
    // It confirms `/privacy forget`, too.
    isNeverLimited: true,
    run: confirm,
  },
  ...panelButtons,
  button('try.join', 'button.try.join', 'plain', join),
  { name: 'move', label: 'button.move', style: 'main', run: agreeToMove },
];

/** A button that is a command without typing. */
function button(
  name: string,
  label: Button['label'],
  style: Button['style'],
  command: Command,
): Button {
  return {
    name,
    label,
    style,
    isForEverybody: command.isForEverybody,
    isNeverLimited: command.isNeverLimited,
    run: (call, ports) => command.run({ ...call, words: {} }, ports),
  };
}

/** Handlers of all menus on messages. */
export const pickers: readonly PickerHandler[] = [
  {
    name: 'help.topic',
    isForEverybody: true,
    inPlace: true,
    run: (call, ports) => help.run({ ...call, words: { topic: call.picked?.[0] ?? '' } }, ports),
  },
  ...panelPickers,
];

/** Handlers of all forms that people send. */
export const forms: readonly FormHandler[] = [personaForm, panelForm];
