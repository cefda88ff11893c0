import { allow, deny, pauseOrResume } from '#commands/privacy/privacy.ts';
import { personaForm } from '#commands/voice/persona-form.ts';
import type {
  Button,
  CallHandler,
  FormHandler,
  PickerHandler,
} from '#src/features/command.ts';
import { captionButtons } from './captions/captions-command.ts';
import { helpCommand } from './commands.ts';
import { confirmCall, declineOffer, maxPressMs, showConfirmation } from './confirm.ts';
import { agreeToMove, join } from './join.ts';
import { openAskWindow, showMore } from './panel-buttons.ts';
import { showCard } from './privacy/privacy-replies.ts';
import {
  panelButtons,
  panelForm,
  panelPickers,
} from './settings/settings-panel-presses.ts';
import { stop } from './stop.ts';
import { boardPresses } from './track/sounds.ts';
import { trackPresses } from './track/track-buttons.ts';

/** Buttons of former versions stay here, since old messages still show them. */
export const buttons: readonly Button[] = [
  { name: 'ask', label: 'button.ask', style: 'main', run: openAskWindow },
  toButton('stop', 'button.stop', 'danger', stop),
  {
    name: 'more',
    label: 'button.more',
    style: 'plain',
    isForEverybody: true,
    run: showMore,
  },
  {
    name: 'pause',
    label: 'button.pause',
    style: 'plain',
    isForEverybody: true,
    isNeverLimited: true,
    run: pauseOrResume,
  },
  ...trackPresses,
  ...boardPresses,
  ...captionButtons,
  {
    name: 'privacy',
    label: 'button.privacy',
    style: 'plain',
    isForEverybody: true,
    run: showCard,
  },
  toButton('consent.always', 'button.hear_me', 'main', allow),
  toButton('consent.never', 'button.not_me', 'plain', deny),
  { name: 'tool.show', label: 'button.show', style: 'main', run: showConfirmation },
  {
    name: 'confirm',
    label: 'button.confirm',
    style: 'main',
    longestMs: maxPressMs,
    isForEverybody: true,
    // This button also confirms `/privacy forget`.
    isNeverLimited: true,
    run: confirmCall,
  },
  {
    name: 'tool.decline',
    label: 'button.no',
    style: 'plain',
    inPlace: true,
    isForEverybody: true,
    isNeverLimited: true,
    run: declineOffer,
  },
  ...panelButtons,
  toButton('try.join', 'button.try.join', 'plain', join),
  { name: 'move', label: 'button.move', style: 'main', run: agreeToMove },
];

function toButton(
  name: string,
  label: Button['label'],
  style: Button['style'],
  { isForEverybody, isNeverLimited, run }: CallHandler,
): Button {
  return {
    name,
    label,
    style,
    isForEverybody,
    isNeverLimited,
    run: (call, ports) => run({ ...call, inputs: {} }, ports),
  };
}

export const pickers: readonly PickerHandler[] = [
  {
    name: 'help.topic',
    isForEverybody: true,
    inPlace: true,
    run: (call, ports) =>
      helpCommand.run({ ...call, inputs: { topic: call.picked?.[0] ?? '' } }, ports),
  },
  ...panelPickers,
];

export const forms: readonly FormHandler[] = [personaForm, panelForm];
